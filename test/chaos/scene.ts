import { z } from 'zod'
import { flow } from '../../src/orchestrator/flow.js'
import { scriptedModel } from '../../src/testing/index.js'
import { fault } from '../../src/tools/fault.js'
import { meter } from '../../src/tools/meter.js'
import { type Call, tool } from '../../src/tools/tool.js'
import { after, NOTHING } from '../sessions/scene.js'
import type { Answered, Asked } from './world.js'

const tickets = meter('tickets', 'count')

async function ask(asked: Omit<Asked, 'key' | 'fence'>, key: string, call: Call): Promise<Answered> {
  const body = JSON.stringify({ ...asked, key, fence: Number(call.fence) } satisfies Asked)
  const answer = await fetch(process.env.CHAOS_WORLD_URL ?? '', { method: 'POST', body, signal: call.signal })
  return (await answer.json()) as Answered
}

async function act(tool: string, call: Call, remembers: boolean): Promise<{ did: string }> {
  const { stale } = await ask({ what: 'act', tool, remembers }, call.key, call)
  if (stale) throw fault.permanent('stale')
  return { did: call.key }
}

const input = z.object({ session: z.string(), n: z.number() })
type Message = z.infer<typeof input>
/** Of a message: whatever attempts it takes, and whoever makes them. */
export const keyOf = ({ session, n }: Message): string => `${session}:${n}`
export const ticketsOf = ({ session, n }: Message): number => 1 + ((Number(session.slice(1)) + n) % 3)
const shared = { description: 'Asks the world.', input, timeout: '4s' } as const

const look = tool({
  ...shared,
  name: 'look',
  effect: 'read',
  execute: (message, call) => ask({ what: 'look', tool: 'tell' }, keyOf(message), call),
})
const tell = tool({
  ...shared,
  name: 'tell',
  effect: 'checked',
  key: keyOf,
  check: async (_, call) => {
    const { did } = await ask({ what: 'look', tool: 'tell' }, call.key, call)
    return did ? { did: 'happen', result: { did: call.key } } : { did: 'not_happen' }
  },
  execute: (_, call) => act('tell', call, false),
})
const pay = tool({
  ...shared,
  name: 'pay',
  effect: 'keyed',
  keyRemembered: '1h',
  key: keyOf,
  meters: { [tickets.name]: ticketsOf },
  execute: (_, call) => act('pay', call, true),
})
const post = tool({
  ...shared,
  name: 'post',
  effect: 'once',
  isolate: 'none',
  key: keyOf,
  execute: (_, call) => act('post', call, false),
})

const model = scriptedModel({ replies: () => ({ text: 'yes', afterMs: 10 }) })

/** Works one message with a tool of each class; every third asks a model, every fourth is posted, every fifth takes a nap. */
export const desk = flow({
  name: 'chaos-desk',
  version: 1,
  input,
  tools: [look, tell, pay, post],
  session: {
    state: z.object({ count: z.number(), digest: z.string() }),
    version: 1,
    initial: NOTHING,
    gapWithin: '1h',
  },
  ceilings: { run: { steps: 20, attempts: 60, retries: 40, active: '5m', usd: '$1' } },
  run: async (ctx, message) => {
    const mark = Number(message.session.slice(1)) + message.n
    await ctx.tool(look, message)
    await ctx.tool(tell, message)
    const paid = await ctx.try.tool(pay, message)
    if (mark % 3 === 0) await ctx.model('sure', { model, prompt: 'Is it so?' })
    if (mark % 4 === 0) await ctx.try.tool(post, message)
    if (mark % 5 === 0) await ctx.sleep('400ms')
    await ctx.setState(after(ctx.state, message.n))
    return { paid: paid.status }
  },
})
