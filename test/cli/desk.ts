import { agent, allow, defineConfig, escalate, fault, flow, meter, refuse, tool } from 'midwatch'
import { type ScriptedRequest, scriptedModel } from 'midwatch/testing'
import { z } from 'zod'

const refundUsd = meter('refund_usd', 'usd')
/** What the tools of this process did. */
const performed = new Set<string>()

const findOrder = tool({
  name: 'find_order',
  description: 'Find an order.',
  input: z.object({ id: z.string() }),
  effect: 'read',
  execute: async ({ id }) => ({ id, total: 12 }),
})

/** Order `lost` pays and loses the answer, `busy` is turned away once, `declined` for good. */
const issueRefund = tool({
  name: 'issue_refund',
  description: 'Refund an order.',
  input: z.object({ orderId: z.string(), amount: z.number().positive() }),
  effect: 'checked',
  timeout: '300ms',
  key: ({ orderId }, { message }) => `${orderId}:${message.key}`,
  locks: ({ orderId }) => `order:${orderId}`,
  meters: { [refundUsd.name]: ({ amount }) => amount },
  check: async (_input, { key }) =>
    performed.has(key) ? { did: 'happen', result: { refundId: key } } : { did: 'not_happen' },
  execute: async ({ orderId }, call) => {
    if (orderId === 'declined') throw fault.permanent('declined')
    if (orderId === 'busy' && call.attempt === 1) throw fault.notPerformed('busy', { retryAfter: '10ms' })
    performed.add(call.key)
    if (orderId === 'lost') throw new Error('connection reset')
    return { refundId: call.key }
  },
})

const sendLetter = tool({
  name: 'send_letter',
  description: 'Post a letter.',
  input: z.object({ to: z.string() }),
  effect: 'once',
  isolate: 'none',
  timeout: '100ms',
  settles: '1h',
  execute: async () => {
    throw new Error('the postbox fell over')
  },
})

const waitForPost = tool({
  name: 'wait_for_post',
  description: 'Wait until told to stop.',
  input: z.object({}),
  effect: 'keyed',
  keyRemembered: '24h',
  timeout: '60s',
  execute: (_input, { signal }) =>
    new Promise<never>((_resolve, reject) =>
      signal.addEventListener('abort', () => reject(fault.notPerformed('aborted')), { once: true }),
    ),
})

type Words = readonly string[]
const call = (name: string, input: unknown) => ({ text: `I will ${name} now.`, toolCalls: [{ name, input }] })
const SAY: Readonly<Record<string, (words: Words) => ReturnType<typeof call>>> = {
  find: ([id]) => call('find_order', { id }),
  refund: ([orderId, amount]) => call('issue_refund', { orderId, amount: Number(amount) }),
  letter: ([to]) => call('send_letter', { to }),
  wait: () => call('wait_for_post', {}),
  no: () => call('refuse', { reason: 'out_of_scope', say: 'That is none of our orders.' }),
  over: () => call('hand_over', { to: 'finance', note: 'Too hard.' }),
}

/** Does what the message says, clause by clause, and completes: `find W1; refund W1 12`. */
function obey({ messages }: ScriptedRequest) {
  const asked = messages.find((one) => one.role === 'user')
  const { message } = JSON.parse(asked?.role === 'user' ? asked.text : '{}') as { message: string }
  const turn = messages.filter((one) => one.role === 'assistant').length
  const [verb = '', ...words] = (message.split(';')[turn] ?? '').trim().split(' ')
  return SAY[verb]?.(words) ?? call('complete', { resolution: 'done' })
}

export const desk = agent({
  name: 'desk',
  version: 1,
  model: scriptedModel({ replies: obey, price: { input: '$1', output: '$4' } }),
  input: z.object({ message: z.string() }),
  outcome: z.object({ resolution: z.string() }),
  instructions: 'Do as you are told.',
  tools: [findOrder, issueRefund, sendLetter, waitForPost],
  rules: {
    issue_refund: ({ orderId, amount }, run) =>
      !run.did(findOrder, { id: orderId })
        ? refuse('policy', 'Look the order up first.')
        : amount > 100
          ? escalate({ to: 'finance', within: '4h' }, { to: 'manager', within: '4h', otherwise: 'refuse' })
          : allow(),
  },
  ceilings: { run: { steps: 20, strikes: 2, refund_usd: 200 }, tenant: { refund_usd: { per: 'day', max: 500 } } },
})

/** Asks a person for a colour. */
export const survey = flow({
  name: 'survey',
  version: 1,
  input: z.object({}),
  run: async (ctx) => ({
    colour: await ctx.ask({
      question: 'Which colour?',
      to: 'design',
      within: '1h',
      answer: z.string(),
      otherwise: 'grey',
    }),
  }),
})

/** Sleeps longer than anybody watches. */
export const nap = flow({ name: 'nap', version: 1, input: z.object({}), run: (ctx) => ctx.sleep('1h') })

export default defineConfig({ run: [desk, survey, nap] })
