// `npx midwatch rehearse` plays these stories thousands of times: workers that die, answers that get lost, slow tools, a
// model that misbehaves. No database is opened and no model is called.
import { answers, remembers, scenario } from 'midwatch/rehearse'
import { helpDesk } from '../desk/agent.js'
import { script } from '../desk/script.js'

const ann = 'ann@example.com'

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
  stories: [storyOf(STORIES[0]), storyOf(STORIES[1]), storyOf(STORIES[2])],
  model: () => script,
  // Stand-ins behave as you believe that the real systems do. `remembers`: it knows its keys, and can be asked.
  tools: () => ({
    find_employee: answers({ email: ann, name: 'Ann', team: 'sales' }),
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
    // Where nothing went wrong, the desk gets its work done.
    that: ({ calm, runs }) =>
      calm && runs.some(({ status }) => status !== 'completed') ? ['It did not complete.'] : [],
  },
})
