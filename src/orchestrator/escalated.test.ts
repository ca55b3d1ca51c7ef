import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { ByHand } from '../../test/by-hand.js'
import { verifyLedger } from '../core/invariants/verify.js'
import { allow, escalate, type Verdict } from '../govern/verdict.js'
import { scriptedModel } from '../testing/index.js'
import { tool } from '../tools/tool.js'
import { agent } from './agent.js'
import { flow } from './flow.js'

const MINUTE_MS = 60_000
let hand: ByHand
let acted: string[]
beforeEach(() => {
  hand = new ByHand()
  acted = []
})
afterEach(async () => {
  await hand.stop()
  expect((await verifyLedger(hand.ledger)).violations).toEqual([])
})

const act = (repeat?: 'escalate') =>
  tool({
    name: 'act',
    description: 'Acts.',
    input: z.object({ on: z.string() }),
    effect: 'keyed',
    keyRemembered: '1d',
    key: ({ on }) => on,
    ...(repeat ? { repeat } : {}),
    execute: async ({ on }, { key }) => {
      acted.push(key)
      return { on }
    },
  })

const says = (name: string, input: unknown) => ({ text: name, toolCalls: [{ name, input }] })
const replies = [says('act', { on: 'x' }), says('complete', { resolution: 'done' })]
const desk = (
  rule: () => Verdict,
  more: { ceilings?: { run: { tool_calls?: number } }; onBreach?: { tool_calls: Verdict } } = {},
) =>
  agent({
    name: 'desk',
    version: 1,
    model: scriptedModel({
      replies: ({ messages }) => replies[messages.filter((m) => m.role === 'assistant').length] ?? { text: 'lost' },
    }),
    input: z.object({}),
    outcome: z.object({ resolution: z.string() }),
    instructions: 'Act.',
    tools: [act()],
    rules: { act: rule },
    ...more,
  })

const chain = () => escalate({ to: 'desk', within: '10m' }, { to: 'manager', within: '20m', otherwise: 'refuse' })
const notesOf = async (runId: string, about: string) =>
  (await hand.ledger.journal({ runId }))
    .map((e) => JSON.parse(e.body || '{}') as { about?: string; detail?: Record<string, unknown> })
    .filter((b) => b.about === about)

/** The run is taken up for nothing, and parks again. */
async function wokenAndParked(runId: string): Promise<void> {
  const look = async () => hand.ledger.run({ runId })
  await hand.until(async () => (await look())?.state === 'waiting')
  const head = (await look())?.headSeq ?? 0
  await hand.ledger.wake({ runId })
  await hand.until(async () => (await look())?.state === 'waiting' && ((await look())?.headSeq ?? 0) > head)
}

it('asks the first, then the next, then nobody; and the call is refused', async () => {
  const a = desk(chain)
  const mw = await hand.runtime([a])
  const { id } = await mw.start(a, { input: {} })
  const question = await hand.question(id)
  const rungs = async () => (await hand.ledger.escalations({ id: question }))[0]?.rung
  expect(await rungs()).toBe(0)
  hand.skip(11 * MINUTE_MS)
  await hand.until(async () => (await rungs()) === 1)
  hand.skip(21 * MINUTE_MS)
  expect(await hand.outcome(mw, id)).toMatchObject({ status: 'completed' })
  expect(acted).toEqual([])
  expect(await notesOf(id, 'expired')).toMatchObject([{ detail: { decision: 'nobody', by: 'manager' } }])
})

it('tells of each rung once, however often the run wakes meanwhile', async () => {
  const a = desk(chain)
  const mw = await hand.runtime([a])
  const { id } = await mw.start(a, { input: {} })
  const question = await hand.question(id)
  const dueAt = async () => (await hand.ledger.escalations({ id: question }))[0]?.dueAt
  const due = await dueAt()
  for (let n = 0; n < 3; n += 1) {
    hand.skip(MINUTE_MS)
    await wokenAndParked(id)
  }
  expect(await dueAt()).toBe(due)
  expect(await hand.ledger.notices({ limit: 10, retryAfterMs: 1 })).toHaveLength(1)
})

it.each([
  ['approve', 1],
  ['deny', 0],
] as const)('a successor hears "%s" to what its predecessor asked', async (decision, times) => {
  const a = desk(chain)
  const mw = await hand.runtime([a], {}, '1s')
  const { id } = await mw.start(a, { input: {} })
  const question = await hand.question(id)
  await hand.stop()
  await hand.ledger.answer({ id: question, decision, by: 'fay' })
  const heir = await hand.runtime([a], {}, '1s')
  expect(await hand.outcome(heir, id)).toMatchObject({ status: 'completed' })
  expect(acted).toHaveLength(times)
  expect(await hand.ledger.escalations({ runId: id })).toHaveLength(1)
})

it('a rule that allows meanwhile does not answer for the person who was asked', async () => {
  let verdict: () => Verdict = chain
  const a = desk(() => verdict())
  const mw = await hand.runtime([a], {}, '1s')
  const { id } = await mw.start(a, { input: {} })
  const question = await hand.question(id)
  await hand.stop()
  verdict = allow
  const heir = await hand.runtime([a], {}, '1s')
  hand.skip(11 * MINUTE_MS)
  await hand.until(async () => (await hand.ledger.escalations({ id: question }))[0]?.rung === 1)
  await hand.ledger.answer({ id: question, decision: 'deny', by: 'mo' })
  await hand.outcome(heir, id)
  expect(acted).toEqual([])
})

it('a successor takes up a question for more room where it stood', async () => {
  const a = desk(allow, { ceilings: { run: { tool_calls: 0 } }, onBreach: { tool_calls: chain() } })
  const mw = await hand.runtime([a], {}, '1s')
  const { id } = await mw.start(a, { input: {} })
  const question = await hand.question(id)
  await hand.stop()
  const heir = await hand.runtime([a], {}, '1s')
  await wokenAndParked(id)
  await hand.ledger.answer({ id: question, decision: 'deny', by: 'fay' })
  expect(await hand.outcome(heir, id)).toMatchObject({ status: 'exhausted', meter: 'tool_calls' })
  expect(await hand.ledger.escalations({ runId: id })).toHaveLength(1)
})

it('a successor takes up a question for a repeat where it stood', async () => {
  const f = flow({
    name: 'twice',
    version: 1,
    input: z.object({}),
    run: async (ctx) => [
      (await ctx.try.tool(act('escalate'), { on: 'x' })).status,
      (await ctx.try.tool(act('escalate'), { on: 'x' })).status,
    ],
  })
  const mw = await hand.runtime([f], {}, '1s')
  const { id } = await mw.start(f, { input: {} })
  const question = await hand.question(id)
  await hand.stop()
  const heir = await hand.runtime([f], {}, '1s')
  await wokenAndParked(id)
  await hand.ledger.answer({ id: question, decision: 'approve', by: 'fay' })
  expect(await hand.outcome(heir, id)).toMatchObject({ output: ['completed', 'completed'] })
  expect([acted.length, new Set(acted).size]).toEqual([2, 2])
})

it('an answer in the very moment of the expiry is heard', async () => {
  const a = desk(() => escalate({ to: 'desk', within: '10m', otherwise: 'refuse' }))
  const mw = await hand.runtime([a])
  const { id } = await mw.start(a, { input: {} })
  const question = await hand.question(id)
  const { ledger } = hand
  const apply = ledger.apply
  ledger.apply = async (ops) => {
    if (ops.some((op) => op.kind === 'note' && op.expires !== undefined)) {
      ledger.apply = apply
      await ledger.answer({ id: question, decision: 'approve', by: 'fay' })
    }
    return apply(ops)
  }
  hand.skip(11 * MINUTE_MS)
  expect(await hand.outcome(mw, id)).toMatchObject({ status: 'completed' })
  expect(acted).toHaveLength(1)
  expect(await notesOf(id, 'answered')).toMatchObject([{ detail: { by: 'fay' } }])
})

it('a flow asks again for an answer that does not fit, then takes its default', async () => {
  const f = flow({
    name: 'ask',
    version: 1,
    input: z.object({}),
    run: (ctx) => ctx.ask({ question: 'How many?', answer: z.number(), to: 'desk', within: '1h', otherwise: 7 }),
  })
  const mw = await hand.runtime([f])
  const { id } = await mw.start(f, { input: {} })
  for (let n = 0; n < 3; n += 1) {
    await hand.ledger.answer({ id: await hand.question(id), decision: 'answer', by: 'fay', result: '"many"' })
    await hand.until(async () => (await notesOf(id, 'answered')).length > n)
  }
  expect(await hand.outcome(mw, id)).toEqual({ status: 'completed', output: 7 })
  expect(await hand.ledger.escalations({ runId: id })).toHaveLength(3)
})
