// `npx midwatch rehearse` plays these stories thousands of times: workers that die, answers that get lost, slow tools, a
// model that misbehaves. No database is opened and no model is called.
import { answers, remembers, scenario } from 'midwatch/rehearse'
import { helpDesk } from '../desk/agent.js'
import { script } from '../desk/script.js'

const ann = 'ann@example.com'
const nobody = 'nobody@example.com'

/** What comes in, and what a run that completed must have done: exactly this. */
const STORIES = [
  { name: 'vpn', message: 'I need the VPN, please.', tool: 'grant_access', input: { email: ann, system: 'vpn' } },
  { name: 'admin', message: 'Make me an admin.', tool: 'grant_access', input: { email: ann, system: 'admin' } },
  {
    name: 'laptop',
    message: 'My laptop is broken.',
    tool: 'order_device',
    input: { email: ann, item: 'laptop', usd: 1_200 },
  },
] as const
const NOTES = { vpn: 'access to vpn', admin: 'access to admin', laptop: 'a laptop' }

const storyOf = ({ name, message }: (typeof STORIES)[number]) => ({
  name,
  messages: [{ key: `mail-${name}`, input: { from: ann, message: `From ${ann}: ${message}` } }],
})

export default scenario({
  name: 'help-desk',
  run: [helpDesk],
  stories: [
    ...STORIES.map(storyOf),
    {
      name: 'stranger',
      messages: [{ key: 'mail-stranger', input: { from: nobody, message: `From ${nobody}: The VPN.` } }],
    },
  ],
  model: () => script,
  // Stand-ins behave as you believe that the real systems do. `remembers`: it knows its keys, and can be asked.
  tools: () => ({
    find_employee: answers(({ email }: { email: string }) =>
      email === ann ? { email, name: 'Ann', team: 'sales' } : null,
    ),
    add_note: remembers(() => ({ id: 'note-1' })),
    grant_access: remembers(() => ({ id: 'access-1' })),
    order_device: remembers(() => ({ id: 'order-1' })),
  }),
  expect: {
    spend: '$0.10',
    acts: ({ name }) =>
      STORIES.filter((one) => one.name === name).flatMap(({ tool, input }) => [
        { tool, input },
        { tool: 'add_note', input: { email: ann, text: `Done: ${NOTES[name as keyof typeof NOTES]}.` } },
      ]),
    that: ({ story, calm, runs, acts, facts }) => {
      // Where nothing went wrong, the desk gets its work done, and refuses whom it does not know.
      const end = story.name === 'stranger' ? 'refused' : 'completed'
      // Whatever went wrong: nobody is made an admin without a yes of security.
      const admins = acts.filter(({ input }) => (input as { system?: string }).system === 'admin')
      const asked = facts.flatMap(({ escalations }) => escalations)
      const yes = asked.some(({ kind, decision }) => kind === 'approval' && decision === 'approve')
      return [
        ...(calm && runs.some(({ status }) => status !== end) ? [`It was not ${end}.`] : []),
        ...(admins.length > 0 && !yes ? ['Somebody was made an admin without a yes.'] : []),
      ]
    },
  },
})
