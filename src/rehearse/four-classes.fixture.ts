import { z } from 'zod'
import { allow, escalate } from '../govern/verdict.js'
import { agent } from '../orchestrator/agent.js'
import { scriptedModel } from '../testing/scripted-model.js'
import type { Reply } from '../testing/scripted-model-reply.js'
import { tool } from '../tools/tool.js'
import { scenario } from './define.js'

const id = z.object({ id: z.string() })
const plainly = { description: 'Of a desk.', timeout: '5s' } as const
const output = z.object({ ref: z.string(), amount: z.number() })
const execute = async () => {
  throw new Error('A stand-in is called in place of this.')
}

const find = tool({ ...plainly, name: 'find', input: id, output, effect: 'read', execute })
const mail = tool({
  ...plainly,
  name: 'mail',
  input: z.object({ id: z.string(), words: z.string() }),
  output,
  effect: 'keyed',
  keyRemembered: '24h',
  concurrent: true,
  execute,
})
const pay = tool({
  ...plainly,
  name: 'pay',
  input: z.object({ id: z.string(), amount: z.number().positive() }),
  output,
  effect: 'checked',
  people: 2,
  settles: '3s',
  key: (input, { message }) => `${input.id}:${message.key}`,
  locks: (input) => `order:${input.id}`,
  meters: { paid_usd: ({ amount }) => amount },
  check: async () => ({ did: 'unknown' }),
  execute,
})
const gift = tool({ ...plainly, name: 'gift', input: id, output, effect: 'once', isolate: 'none', execute })

const call = (name: string, input: object): Reply => ({ text: `Now ${name}.`, toolCalls: [{ name, input }] })

/** An agent with a tool of each class, one of which asks two people first. */
const desk = agent({
  name: 'desk',
  version: 1,
  input: z.object({ id: z.string() }),
  outcome: z.object({ resolution: z.string() }),
  instructions: 'Find, pay, tell, and give.',
  model: scriptedModel({ replies: [] }),
  tools: [find, mail, pay, gift],
  rules: {
    pay: ({ amount }) =>
      amount > 10
        ? escalate({ to: 'finance', within: '4h' }, { to: 'manager', within: '4h', otherwise: 'refuse' })
        : allow(),
  },
  ceilings: { run: { steps: 60, strikes: 12, usd: '$1', active: '10m', deadline: '3d', paid_usd: 500 } },
})

export const fourClasses = scenario({
  name: 'four-classes',
  run: [desk],
  stories: [
    { name: 'one', messages: [{ input: { id: 'W1' }, key: 'm1', principal: 'cleo' }] },
    {
      name: 'session',
      messages: [
        { input: { id: 'W1' }, key: 'm1', session: 's' },
        { input: { id: 'W2' }, key: 'm2', session: 's', afterMs: 2_000 },
        { input: { id: 'W1' }, key: 'm3', session: 't', afterMs: 3_000 },
      ],
    },
  ],
  model: () => (request) => {
    const input = request.messages.find(({ role }) => role === 'user') as { readonly text: string }
    const order = JSON.parse(input.text) as { id: string }
    return SCRIPT(order.id)[request.call - 1] ?? call('complete', { resolution: 'Nothing is left to do.' })
  },
  tools: () => ({ find: 'generated', mail: 'generated', pay: 'generated', gift: 'generated' }),
})

const SCRIPT = (order: string): readonly Reply[] => [
  call('find', { id: order }),
  call('mail', { id: order, words: 'We look into it.' }),
  call('pay', { id: order, amount: 25 }),
  call('gift', { id: order }),
  call('mail', { id: order, words: 'All is done.' }),
  call('complete', { resolution: 'Paid and told.' }),
]
