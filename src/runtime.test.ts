import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { ByHand } from '../test/by-hand.js'
import { verifyLedger } from './core/invariants/verify.js'
import { flow } from './orchestrator/flow.js'
import { tool } from './tools/tool.js'

let hand: ByHand
let acts: string[]
beforeEach(() => {
  hand = new ByHand()
  acts = []
})
afterEach(async () => {
  await hand.stop()
  expect((await verifyLedger(hand.ledger)).violations).toEqual([])
})

const acting = (ms: number) =>
  tool({
    name: 'act',
    description: 'Acts.',
    input: z.object({ on: z.string() }),
    effect: 'checked',
    timeout: '30s',
    check: async (_, { key }) => (acts.includes(key) ? { did: 'happen', result: 'found' } : { did: 'not_happen' }),
    execute: async (_, { key, signal }) => {
      await hand.clock.sleep(ms, signal)
      signal.throwIfAborted()
      acts.push(key)
      return 'done'
    },
  })
const over = (ms: number) =>
  flow({ name: 'f', version: 1, input: z.object({}), run: (ctx) => ctx.tool(acting(ms), { on: 'x' }) })
const kindsOf = async (runId: string) => (await hand.ledger.journal({ runId })).map((e) => e.kind)

it('lets what is under way settle before it leaves, and its successor acts no second time', async () => {
  const f = over(2_000)
  const mw = await hand.runtime([f])
  const { id } = await mw.start(f, { input: {} })
  await hand.until(async () => (await kindsOf(id)).includes('begin'))
  await hand.stop()
  expect((await kindsOf(id)).slice(0, 4)).toEqual(['admit', 'claim', 'begin', 'settle'])
  expect(acts).toHaveLength(1)
  const heir = await hand.runtime([f])
  expect(await hand.outcome(heir, id)).toEqual({ status: 'completed', output: 'done' })
  expect(acts).toHaveLength(1)
})

it('begins nothing while it leaves, and leaves nothing that rings later', async () => {
  const f = flow({
    name: 'f',
    version: 1,
    input: z.object({}),
    run: (ctx) =>
      ctx.all([
        (c) => c.tool(acting(1_000), { on: 'first' }),
        async (c) => {
          await c.sleep('500ms')
          return c.tool(acting(1), { on: 'second' })
        },
        (c) => c.sleep('1h'),
      ]),
  })
  const mw = await hand.runtime([f])
  const { id } = await mw.start(f, { input: {} })
  await hand.until(async () => (await kindsOf(id)).includes('begin'))
  await hand.stop()
  expect(acts).toHaveLength(1)
  const head = (await hand.ledger.run({ runId: id }))?.headSeq
  expect(hand.clock.sleepers).toBe(0)
  await hand.clock.advance(3_600_000)
  expect((await hand.ledger.run({ runId: id }))?.headSeq).toBe(head)
})

it('works on, cleanly, when its lease ran out while it had a run under way', async () => {
  const f = flow({
    name: 'f',
    version: 1,
    input: z.object({}),
    run: async (ctx) => [await ctx.tool(acting(3_000), { on: 'a' }), await ctx.tool(acting(1), { on: 'b' })],
  })
  const mw = await hand.runtime([f], {}, '1s')
  const { id } = await mw.start(f, { input: {} })
  await hand.until(async () => (await kindsOf(id)).includes('begin'))
  // Nothing was heard of this worker for a while: it is taken for dead, and finds out at its next heartbeat.
  hand.skip(2_000)
  expect(await hand.outcome(mw, id)).toMatchObject({ status: 'completed' })
  expect([acts.length, new Set(acts).size]).toEqual([2, 2])
  expect(hand.alarms.some((a) => a.includes('registering anew'))).toBe(true)
})

it('runs a thousand steps and keeps nothing of them beyond their journal', async () => {
  const look = tool({
    name: 'look',
    description: 'Looks.',
    input: z.object({}),
    effect: 'read',
    execute: async () => 1,
  })
  const f = flow({
    name: 'f',
    version: 1,
    input: z.object({}),
    ceilings: { run: { steps: 1_500, tool_calls: 1_500, attempts: 1_500 } },
    run: async (ctx) => {
      let sum = 0
      for (let n = 0; n < 1_000; n += 1) sum += await ctx.tool(look, {})
      return sum
    },
  })
  const warnings: string[] = []
  const hear = (warning: Error) => warnings.push(warning.name)
  process.on('warning', hear)
  const mw = await hand.runtime([f])
  const idle = hand.clock.sleepers
  const { id } = await mw.start(f, { input: {} })
  expect(await hand.outcome(mw, id, 1)).toEqual({ status: 'completed', output: 1_000 })
  process.off('warning', hear)
  expect(warnings).toEqual([])
  // What the calls came to is told once a second.
  await hand.clock.advance(1_000)
  expect(hand.clock.sleepers).toBeLessThanOrEqual(idle + 1)
})

it('refuses what it does not serve, an input that does not fit, and a key used otherwise', async () => {
  const f = flow({ name: 'f', version: 1, input: z.object({ n: z.number() }), run: async (_, { n }) => n })
  const mw = await hand.runtime([f])
  await expect(mw.start(over(1), { input: {} })).rejects.toMatchObject({ code: 'unknown_agent' })
  await expect(mw.start(f, { input: { n: 'x' } as never })).rejects.toMatchObject({ code: 'invalid_input' })
  const run = await mw.start(f, { input: { n: 1 }, key: 'k' })
  expect((await mw.start(f, { input: { n: 1 }, key: 'k' })).id).toBe(run.id)
  await expect(mw.start(f, { input: { n: 2 }, key: 'k' })).rejects.toMatchObject({ code: 'start_conflict' })
  await hand.outcome(mw, run.id)
})

it('works the messages of a session one by one, in their order', async () => {
  const order: number[] = []
  const f = flow({
    name: 'f',
    version: 1,
    input: z.object({ n: z.number() }),
    run: async (ctx, { n }) => {
      await ctx.sleep('1s')
      order.push(n)
      return n
    },
  })
  const mw = await hand.runtime([f])
  const runs = []
  for (const n of [1, 2, 3]) runs.push(await mw.send(f, 's', { n }, { key: `m${n}` }))
  for (const { id } of runs) await hand.outcome(mw, id)
  expect(order).toEqual([1, 2, 3])
})
