import { z } from 'zod'
import { escalate, refuse } from '../../src/govern/verdict.js'
import { agent } from '../../src/orchestrator/agent.js'
import { flow } from '../../src/orchestrator/flow.js'
import { fault } from '../../src/tools/fault.js'
import { meter } from '../../src/tools/meter.js'
import { tool } from '../../src/tools/tool.js'
import type { Anything } from '../replay.js'
import { desk, done, model, says } from '../ways-out/scene.js'

const input = z.object({ id: z.string(), amount: z.number().optional() })
const paid = meter('written_usd', 'usd')
const any = z.looseObject({})

const find = tool({ name: 'find', description: 'Find.', input, effect: 'read', execute: async ({ id }) => ({ id }) })

const pay = tool({
  name: 'pay',
  description: 'Pay.',
  input,
  effect: 'keyed',
  keyRemembered: '1d',
  lane: 'pays',
  meters: { [paid.name]: ({ amount }) => amount ?? 0 },
  locks: ({ id }) => [`order:${id}`, `customer:${id}`],
  execute: async ({ amount }) => ({ paid: amount, at: new Date(0) }),
})

/** What has no form in JSON, or another one; fields out of order; names that look like numbers. */
const ODD = {
  z: 1,
  gone: undefined,
  at: new Date(0),
  '10': 'ten',
  '9': 'nine',
  lone: 'a\ud800b',
  none: Number.NaN,
  minus: -0,
  list: [undefined, () => 1, { b: 2, a: 1 }],
  'é\n': '\u2028 "quoted" \\',
  map: new Map([[1, 2]]),
  nested: { deep: [{ y: null, x: [[]] }] },
}

/** Goes wrong in turn as it is told, then works. */
const stumbling = (name: string, effect: 'read' | 'keyed' | 'checked', faults: readonly (() => unknown)[]) => {
  let calls = 0
  const execute = async () => {
    calls += 1
    const wrong = faults[calls - 1]
    if (wrong) throw wrong()
    return { call: calls }
  }
  const base = { name, description: 'Stumbles.', input: any, timeout: '2s', execute } as const
  if (effect === 'read') return tool({ ...base, effect })
  if (effect === 'keyed') return tool({ ...base, effect, keyRemembered: '1h' })
  return tool({ ...base, effect, check: async () => ({ did: 'happen', result: { call: calls } }) })
}
const broken = () => new Error('connection reset')

const slow = tool({
  name: 'slow',
  description: 'Never answers.',
  input: any,
  effect: 'read',
  timeout: '1s',
  attempts: 2,
  execute: (_, { signal }) => new Promise((_, no) => signal.addEventListener('abort', () => no(signal.reason))),
})

const f = (name: string, run: Parameters<typeof flow>[0]['run']) => flow({ name, version: 1, input: any, run })

/** One run of each shape that a journal may have. */
export function shapes(): Anything[] {
  return [
    f('reads', async (ctx) => [await ctx.tool(find, { id: 'A' }), await ctx.tool(find, { id: 'B', amount: 2 })]),
    f('pays', async (ctx) => [
      await ctx.tool(pay, { id: 'A', amount: 1.25 }),
      await ctx.tool(pay, { amount: 0.1, id: 'B' }),
    ]),
    f('odd', async (ctx) => {
      const given = await ctx.read('odd', async () => ODD)
      const echo = tool({ name: 'echo', description: '', input: any, effect: 'read', execute: async (x) => x })
      return [given, await ctx.tool(echo, ODD as never), Object.keys(given)]
    }),
    f('secret', async (ctx) =>
      ctx.read('secret', async (call) => ({
        told: `${await call.secret('WRITTEN')}!`,
        key: call.key,
        n: call.attempt,
      })),
    ),
    f('clock', async (ctx) => {
      const before = [ctx.now(), ctx.random(), ctx.uuid()]
      await ctx.sleep('5s')
      return [...before, ctx.now()]
    }),
    f('branches', async (ctx) =>
      ctx.all([
        async (c) => [await c.tool(find, { id: 'A' }), await c.tool(pay, { id: 'A', amount: 3 })],
        async (c) => [await c.sleep('1s'), await c.tool(find, { id: 'B' })],
      ]),
    ),
    f('again', async (ctx) =>
      ctx.tool(stumbling('again', 'read', [broken, () => fault.notPerformed('busy', { retryAfter: '3s' })]), {}),
    ),
    f('resent', async (ctx) => ctx.tool(stumbling('resent', 'keyed', [broken]), {})),
    f('checked', async (ctx) => ctx.tool(stumbling('checked', 'checked', [broken]), {})),
    f('declined', async (ctx) => ctx.try.tool(stumbling('declined', 'keyed', [() => fault.permanent('declined')]), {})),
    f('slow', async (ctx) => ctx.try.tool(slow, {})),
    f('asked', async (ctx) =>
      ctx.ask({ question: 'Go on?', answer: z.string(), to: 'ops', within: '1m', otherwise: 'no' }),
    ),
    f('refuses', async (ctx) => ctx.refuse('cannot_know', 'Who knows.')),
    f('throws', async () => {
      throw new Error('boom')
    }),
    flow({
      name: 'exhausted',
      version: 1,
      input: any,
      ceilings: { run: { tool_calls: 1 } },
      run: async (ctx) => [await ctx.tool(find, { id: 'A' }), await ctx.tool(find, { id: 'B' })],
    }),
    governedAgent(),
  ]
}

function governedAgent() {
  const asked = model([
    says('find', { id: 'A' }, 'Look it up.'),
    says('find', { id: 3 }),
    says('nothing', {}),
    says('pay', { id: 'A', amount: 1 }),
    says('pay', { id: 'A', amount: 500 }, 'Much.'),
    { text: 'I do not know.' },
    done,
  ])
  return agent({
    ...desk('governed', asked),
    tools: [find, pay],
    rules: {
      pay: ({ amount = 0 }, facts) =>
        amount > 100
          ? escalate({ to: 'finance', within: '1m', otherwise: 'refuse' })
          : facts.did(find)
            ? refuse('policy', 'No.')
            : refuse('policy', 'Look first.'),
    },
  })
}
