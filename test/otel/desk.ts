import { z } from 'zod'
import { agent, allow, asTool, escalate, refuse, tool } from '../../src/index.js'
import { type ScriptedRequest, scriptedModel } from '../../src/testing/index.js'

/** What a tool is given as a secret, and hands on in its result: it must be found nowhere outside. */
export const SECRET = 'sk-canary-3f9a77c1e5'
/** Stands in the message, so in the prompt, in arguments and in results. */
export const WORDS = 'zanzibar'

/** What tools of this process were called with, beside their input. */
export interface Heard {
  readonly tool: string
  readonly traceparent: string | undefined
}

const call = (name: string, input: unknown) => ({ text: `I ${name} for ${WORDS}.`, toolCalls: [{ name, input }] })
const SAY: Readonly<Record<string, (words: readonly string[]) => ReturnType<typeof call>>> = {
  find: ([id]) => call('find_order', { id, note: WORDS }),
  refund: ([orderId, amount]) => call('issue_refund', { orderId, amount: Number(amount) }),
  write: ([what]) => call('scribe', { what: what ?? 'it' }),
}

/** Does what the message says, clause by clause, and completes: `find W1; refund W1 12`. */
function obey({ messages }: ScriptedRequest) {
  const asked = messages.find((one) => one.role === 'user')
  const { message = '' } = JSON.parse(asked?.role === 'user' ? asked.text : '{}') as { message?: string }
  const turn = messages.filter((one) => one.role === 'assistant').length
  const [verb = '', ...words] = (message.split(';')[turn] ?? '').trim().split(' ')
  return SAY[verb]?.(words) ?? call('complete', { resolution: 'done' })
}

/** A desk whose first model is out of order and whose second does as it is told; it asks a scribe, and loses one answer. */
export function otelDesk(heard: Heard[] = [], inside: () => void = () => undefined) {
  const performed = new Set<string>()
  const findOrder = tool({
    name: 'find_order',
    description: 'Find an order.',
    input: z.object({ id: z.string(), note: z.string() }),
    effect: 'read',
    execute: async ({ id, note }, { traceparent }) => {
      heard.push({ tool: 'find_order', traceparent })
      inside()
      return { id, note }
    },
  })
  const issueRefund = tool({
    name: 'issue_refund',
    description: 'Refund an order.',
    input: z.object({ orderId: z.string(), amount: z.number().positive() }),
    effect: 'checked',
    timeout: '300ms',
    key: ({ orderId }, { message }) => `${orderId}:${message.key}`,
    check: async (_input, { key }) =>
      performed.has(key) ? { did: 'happen', result: { paidWith: '', by: WORDS } } : { did: 'not_happen' },
    execute: async ({ orderId }, { key, attempt, traceparent, secret }) => {
      heard.push({ tool: 'issue_refund', traceparent })
      const token = await secret('PAYMENTS_TOKEN')
      if (orderId === 'LOST' && attempt === 1) throw new Error(`reset with ${token} for ${WORDS}`)
      performed.add(key)
      return { paidWith: token, by: WORDS }
    },
  })
  const scribe = agent({
    name: 'scribe',
    version: 1,
    model: scriptedModel({ name: 'pen', replies: () => call('complete', { text: WORDS }) }),
    input: z.object({ what: z.string() }),
    outcome: z.object({ text: z.string() }),
    instructions: 'Write.',
    tools: [findOrder],
  })
  const broken = scriptedModel({ name: 'broken', replies: () => ({ fault: 'auth' }) })
  return agent({
    name: 'desk',
    version: 3,
    model: [
      { model: broken, maxOutputTokens: 700, temperature: 0.2 },
      { model: scriptedModel({ name: 'small', replies: obey }), maxOutputTokens: 500 },
    ],
    input: z.object({ message: z.string() }),
    outcome: z.object({ resolution: z.string() }),
    instructions: `Do as you are told, ${WORDS}.`,
    tools: [findOrder, issueRefund, asTool(scribe, 'Writes.')],
    rules: {
      issue_refund: ({ amount }) =>
        amount > 1_000
          ? refuse('policy', `Too much, ${WORDS}.`)
          : amount > 100
            ? escalate({ to: 'finance', within: '1h', otherwise: 'refuse' })
            : allow(),
    },
  })
}

/** A night of the desk: found, refused, asked for, lost and paid, written down. */
export const NIGHT = `find W1; refund W1 5000; refund LOST 150; write ${WORDS}`
