import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { ByHand } from '../../test/by-hand.js'
import { verifyLedger } from '../core/invariants/verify.js'
import { tool } from '../tools/tool.js'
import type { Ctx } from './ctx-types.js'
import { flow } from './flow.js'

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

const act = tool({
  ...{ name: 'act', description: 'Acts.', input: z.object({ id: z.string() }), effect: 'checked', timeout: '30s' },
  key: ({ id }, { origin, message }) => `${id}|${origin}|${message.key}`,
  check: async () => ({ did: 'not_happen' }),
  execute: async ({ id }, { key }) => {
    acts.push(key)
    return `${id}!`
  },
})
const counting = (name: string, run: (ctx: Ctx, n: number) => Promise<unknown>) =>
  flow({ name, version: 1, input: z.object({ n: z.number() }), run: (ctx, { n }) => run(ctx, n) })
/** Does one thing a run, three times. */
const stages = counting('stages', async (ctx, n) => {
  await ctx.tool(act, { id: `${n}` })
  return n < 3 ? ctx.continue({ n: n + 1 }) : { done: n }
})
const chainOf = async (id: string) => {
  const chain = [await hand.ledger.run({ runId: id })]
  for (const run of chain) if (run?.continuedAs) chain.push(await hand.ledger.run({ runId: run.continuedAs }))
  return chain.flatMap((run) => (run ? [run] : []))
}

it('goes on as another run, which whoever waits for the first one waits for', async () => {
  const mw = await hand.runtime([stages])
  const { id } = await mw.start(stages, { input: { n: 1 }, key: 'k', principal: 'ann' })
  expect(await hand.outcome(mw, id)).toEqual({ status: 'completed', output: { done: 3 } })
  const chain = await chainOf(id)
  expect(chain.map((run) => [run.outcome, run.detail, run.principal, run.origin])).toEqual(
    ['continued', 'continued', ''].map((detail) => ['completed', detail, 'ann', id]),
  )
  expect(chain.map((run) => run.meters.steps?.used)).toEqual([1, 1, 1])
  expect(acts).toEqual(['1', '2', '3'].map((n) => `${n}|${id}|k`))
})

it('the next message of its session waits for the last of the chain', async () => {
  const mw = await hand.runtime([stages])
  const first = await mw.send(stages, 's', { n: 1 }, { key: 'a' })
  const second = await mw.send(stages, 's', { n: 3 }, { key: 'b' })
  expect(await hand.outcome(mw, second.id)).toEqual({ status: 'completed', output: { done: 3 } })
  expect(acts.map((key) => key.split('|')[2])).toEqual(['a', 'a', 'a', 'b'])
  expect(await hand.outcome(mw, first.id)).toMatchObject({ status: 'completed' })
})

it('a child that goes on is one child to its parent, in its time and within its share', async () => {
  const root = counting('root', (ctx) => ctx.agent(stages, { n: 1 }))
  const mw = await hand.runtime([root, stages])
  const { id } = await mw.start(root, { input: { n: 0 }, deadline: '1m' })
  expect(await hand.outcome(mw, id)).toEqual({
    status: 'completed',
    output: { status: 'completed', output: { done: 3 } },
  })
  const entries = await hand.ledger.journal({ runId: id })
  expect(entries.filter((entry) => entry.kind === 'park')).toHaveLength(1)
  const [child] = await hand.ledger.children({ runId: id, limit: 9 })
  expect(child?.deadlineAt).toBeLessThanOrEqual((await hand.ledger.run({ runId: id }))?.deadlineAt ?? 0)
})

it('an item of a map that goes on is given its next input', async () => {
  const root = counting('root', (ctx) =>
    ctx.map([1, 3], { atOnce: 2, key: String }, async (c, n) => (n < 3 ? c.continue(n + 1) : n * 10)),
  )
  const mw = await hand.runtime([root])
  const { id } = await mw.start(root, { input: { n: 0 } })
  expect(await hand.outcome(mw, id)).toMatchObject({ output: { done: [30, 30], not: [] } })
})

it('an input that does not fit ends the next one, and says so', async () => {
  const wrong = counting('wrong', async (ctx) => ctx.continue({ n: 'two' }))
  const mw = await hand.runtime([wrong])
  const { id } = await mw.start(wrong, { input: { n: 1 } })
  expect(await hand.outcome(mw, id)).toMatchObject({ status: 'failed', code: 'invalid_input' })
})

/** Goes on at once, and then sleeps before it acts. */
const sleeper = counting('sleeper', async (ctx, n) => {
  if (n < 2) return ctx.continue({ n: n + 1 })
  await ctx.sleep('1h')
  await ctx.tool(act, { id: `${n}` })
  return { done: n }
})

it('is stopped and let go on by the name of the first', async () => {
  const mw = await hand.runtime([sleeper])
  const run = await mw.start(sleeper, { input: { n: 1 } })
  await hand.until(async () => (await chainOf(run.id))[1]?.state === 'waiting')
  const last = (await chainOf(run.id))[1]?.runId ?? ''
  await run.interrupt({ by: 'ann', reason: 'look' })
  expect(await hand.ledger.switchedRun({ runId: last })).toMatchObject({ mode: 'hold', by: 'ann' })
  expect(await run.resume({ by: 'ann' })).toBe(true)
  expect(await hand.ledger.switchedRun({ runId: last })).toBeNull()
  await run.cancel({ by: 'ann', reason: 'enough' })
  expect(await hand.outcome(mw, run.id)).toMatchObject({ status: 'killed', by: 'ann' })
  expect(acts).toEqual([])
})
