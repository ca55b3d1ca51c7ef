import { afterEach, expect, it } from 'vitest'
import { z } from 'zod'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import { memoryLedger } from '../../src/ledger/memory/ledger.js'
import { FAILPOINTS } from '../../src/orchestrator/engine.js'
import { flow } from '../../src/orchestrator/flow.js'
import { tool } from '../../src/tools/tool.js'
import { admitted, expectOnce, finalsOf, heir, mortal, outcomeIn } from '../replay.js'

const acts: string[] = []
afterEach(() => {
  acts.length = 0
})

const act = tool({
  ...{ name: 'act', description: 'Acts.', input: z.object({ on: z.string() }), effect: 'checked', timeout: '300ms' },
  check: async (_, { key }) => (acts.includes(key) ? { did: 'happen', result: key } : { did: 'not_happen' }),
  execute: async (_, { key }) => {
    acts.push(key)
    return key
  },
})
const input = z.object({ on: z.string().optional(), n: z.number().optional() })
const leaf = flow({
  name: 'leaf',
  version: 1,
  input,
  run: async (ctx, { on = '' }) => (await ctx.tool(act, { on })).length > 0,
})
const middle = flow({
  ...{ name: 'middle', version: 1, input },
  run: async (ctx, { n = 0 }) => {
    await ctx.tool(act, { on: `stage ${n}` })
    if (n < 1) return ctx.continue({ n: n + 1 })
    return (await ctx.agent(leaf, { on: 'deep' })).status
  },
})
const late = flow({ name: 'late', version: 1, input, run: (ctx) => ctx.sleep('1h') })
/** Everything that makes a family: a call, a chain below it, a map, and a race that leaves somebody behind. */
const root = flow({
  ...{ name: 'root', version: 1, input },
  run: async (ctx) => {
    const called = await ctx.agent(middle, {})
    const mapped = await ctx.map(['a', 'b', 'c'], { atOnce: 2, key: String }, async (c, on) => {
      if (on === 'b') return c.refuse('policy', 'not b')
      await c.tool(act, { on })
      return on
    })
    const won = await ctx.race([
      async (c) => c.sleep('20ms').then(() => 'soon'),
      async (c) => c.agent(late, {}).then(() => 'late'),
    ])
    await ctx.tool(act, { on: 'last' })
    return { called, done: mapped.done, not: mapped.not.map(({ key }) => key), won }
  },
})
const SERVED = [root, middle, leaf, late]
const RESULT = { called: { status: 'completed', output: 'completed' }, done: ['a', 'c'], not: ['b'], won: 'soon' }
const FINALS = ['middle#1', 'map#1', 'race#1.0/sleep#1', 'race#1', 'act#1']

it.each(FAILPOINTS)(
  'a worker that dies at %s leaves a family that the next one brings to the same end',
  async (at) => {
    for (const hit of [1, 3, 5, 8]) {
      acts.length = 0
      const ledger = memoryLedger()
      const { id } = await admitted(ledger, root)
      const first = await mortal(ledger, SERVED, at, hit)
      const whole = await Promise.race([first.dead, first.mw.run(id).outcome()])
      const next = await heir(ledger, SERVED)
      expect(await outcomeIn(next, id, 25_000)).toEqual({ status: 'completed', output: RESULT })
      expectOnce(acts)
      expect(acts).toHaveLength(6)
      expect(finalsOf(await ledger.journal({ runId: id }))).toEqual(FINALS)
      expect((await verifyLedger(ledger)).violations).toEqual([])
      await next.stop()
      if (whole !== undefined) break
    }
  },
  120_000,
)
