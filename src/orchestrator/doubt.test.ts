import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ByHand } from '../../test/by-hand.js'
import type { Entry } from '../core/entries.js'
import { verifyLedger } from '../core/invariants/verify.js'
import { fault } from '../tools/fault.js'
import { type Found, tool } from '../tools/tool.js'
import { flow } from './flow.js'

const DAY_MS = 86_400_000
const LOST = new Error('connection reset')
const input = z.object({ on: z.string() })

interface World {
  /** Calls of execute, with the key and the time. */
  readonly sent: { key: string; at: number; attempt: number }[]
  /** Calls of check. */
  readonly checked: number[]
  /** Whether the answer of the n-th call is lost, from 1. */
  loses: (n: number) => boolean
  /** What it throws then. */
  fails: (n: number) => Error
  finds: (n: number) => Found<unknown>
}

let hand: ByHand
let world: World
beforeEach(() => {
  hand = new ByHand()
  world = { sent: [], checked: [], loses: (n) => n === 1, fails: () => LOST, finds: () => ({ did: 'unknown' }) }
})
afterEach(async () => {
  await hand.stop()
  expect((await verifyLedger(hand.ledger)).violations).toEqual([])
})

async function send(on: string, { key, attempt }: { key: string; attempt: number }) {
  world.sent.push({ key, at: hand.clock.now(), attempt })
  if (world.loses(world.sent.length)) throw world.fails(world.sent.length)
  return { on, n: world.sent.length }
}

const base = { name: 'act', description: 'Acts.', input, timeout: '10s', settles: '5s' } as const
const keyed = (more: { keyRemembered?: '1d' | '20s'; concurrent?: boolean; repeat?: 'escalate' } = {}) =>
  tool({
    ...base,
    effect: 'keyed',
    keyRemembered: '1d',
    key: ({ on }) => on,
    ...more,
    execute: ({ on }, c) => send(on, c),
  })
const checked = () =>
  tool({
    ...base,
    effect: 'checked',
    check: async () => {
      world.checked.push(hand.clock.now())
      return world.finds(world.checked.length) as never
    },
    execute: ({ on }, c) => send(on, c),
  })
const once = () => tool({ ...base, effect: 'once', isolate: 'none', execute: ({ on }, c) => send(on, c) })
const acting = (act: ReturnType<typeof keyed>) =>
  flow({
    name: 'f',
    version: 1,
    input: z.object({}),
    ceilings: { run: { deadline: '10d' } },
    run: (ctx) => ctx.try.tool(act, { on: 'x' }),
  })

async function started(act: unknown) {
  const f = acting(act as ReturnType<typeof keyed>)
  const mw = await hand.runtime([f])
  const { id } = await mw.start(f, { input: {} })
  return { mw, id, f }
}

const entriesOf = (id: string): Promise<Entry[]> => hand.ledger.journal({ runId: id })
const result = (outcome: unknown) => (outcome as { output: unknown }).output

describe('a keyed write whose answer was lost', () => {
  it('is sent again under the same key, once it can no longer be acting', async () => {
    const { mw, id } = await started(keyed())
    expect(result(await hand.outcome(mw, id))).toMatchObject({ status: 'completed', output: { n: 2 } })
    const [first, second] = world.sent
    expect(second?.key).toBe(first?.key)
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(15_000)
    const begins = (await entriesOf(id)).filter((e) => e.kind === 'begin')
    expect(begins[1]?.facts.supersedes).toBe(begins[0]?.seq)
  })

  it('is not looked up for longer than its run has left', async () => {
    let until = 0
    const act = tool({
      ...{ ...base, effect: 'checked', execute: ({ on }, c) => send(on, c) },
      check: async (_, { deadline }) => {
        until = deadline.getTime()
        return { did: 'happen', result: { on: 'x', n: 1 } }
      },
    })
    const ceilings = { run: { deadline: '20s' } } as const
    const run = { name: 'short', version: 1, input: z.object({}), ceilings } as const
    const f = flow({ ...run, run: (ctx) => ctx.try.tool(act, { on: 'x' }) })
    const mw = await hand.runtime([f])
    const begunAt = hand.clock.now()
    const { id } = await mw.start(f, { input: {} })
    await hand.outcome(mw, id)
    expect(until).toBeGreaterThan(begunAt + 15_000)
    expect(until).toBeLessThanOrEqual(begunAt + 20_000)
  })

  it('is sent again without that wait where concurrent sends are safe', async () => {
    const { mw, id } = await started(keyed({ concurrent: true }))
    await hand.outcome(mw, id)
    expect((world.sent[1]?.at ?? 0) - (world.sent[0]?.at ?? 0)).toBeLessThan(2_000)
  })

  it('goes to a person once the provider has forgotten the key', async () => {
    const { mw, id } = await started(keyed({ keyRemembered: '20s' }))
    const question = await hand.question(id)
    expect(world.sent).toHaveLength(1)
    await hand.ledger.answer({ id: question, decision: 'happened', by: 'fay', result: '{"seen":true}' })
    expect(result(await hand.outcome(mw, id))).toEqual({ status: 'completed', output: { seen: true } })
    expect(world.sent).toHaveLength(1)
  })

  it('trusts the key for as long as its first sending, not its last', async () => {
    world.loses = () => true
    const { id } = await started(keyed({ keyRemembered: '40s' as never }))
    // Sent at 0 s and again at 15 s; the third would be at 30 s and run until the key is forgotten.
    await hand.question(id)
    expect(world.sent).toHaveLength(2)
  })

  it('is not sent so late that it may act when the key is forgotten', async () => {
    // Sent again after 15 s it would be over at 25 s, and may act for 5 s more.
    const { id } = await started(keyed({ keyRemembered: '28s' as never }))
    await hand.question(id)
    expect(world.sent).toHaveLength(1)
  })

  it.each([fault.notPerformed('busy'), fault.permanent('declined')])(
    'may have happened although the call that was sent again did not act: $code',
    async (refusal) => {
      world.loses = (n) => n <= 2
      world.fails = (n) => (n === 2 ? refusal : LOST)
      const { mw, id } = await started(keyed())
      expect(result(await hand.outcome(mw, id))).toMatchObject({ status: 'completed', output: { n: 3 } })
      const entries = await entriesOf(id)
      const begins = entries.filter((e) => e.kind === 'begin').map((e) => [e.seq, e.facts.supersedes])
      expect(begins.map(([, of]) => of)).toEqual([undefined, begins[0]?.[0], begins[1]?.[0]])
      expect(entries.filter((e) => e.facts.did === 'not_performed')).toEqual([])
    },
  )

  it('is a person’s to decide when no attempt is left that would tell', async () => {
    world.loses = () => true
    world.fails = (n) => (n === 1 ? LOST : fault.notPerformed('busy'))
    const { mw, id } = await started(keyed())
    const question = await hand.question(id)
    expect(world.sent).toHaveLength(3)
    await hand.ledger.answer({ id: question, decision: 'happened', by: 'fay', result: '1' })
    expect(result(await hand.outcome(mw, id))).toEqual({ status: 'completed', output: 1 })
  })

  it('is sent again by a successor under the key of the repeat that a person asked for', async () => {
    world.loses = (n) => n === 2
    const twice = flow({
      name: 'twice',
      version: 1,
      input: z.object({}),
      run: async (ctx) => {
        const act = keyed({ repeat: 'escalate' })
        await ctx.tool(act, { on: 'x' })
        return ctx.try.tool(act, { on: 'x' })
      },
    })
    const mw = await hand.runtime([twice], {}, '1s')
    const { id } = await mw.start(twice, { input: {} })
    const question = await hand.question(id)
    expect(world.sent).toHaveLength(1)
    await hand.ledger.answer({ id: question, decision: 'approve', by: 'fay' })
    await hand.until(() => world.sent.length === 2)
    await hand.stop()
    const heir = await hand.runtime([twice], {}, '1s')
    expect(result(await hand.outcome(heir, id))).toMatchObject({ status: 'completed', output: { n: 3 } })
    expect(new Set(world.sent.map((s) => s.key)).size).toBe(2)
    expect(world.sent[2]?.key).toBe(world.sent[1]?.key)
  })
})

describe('a checked write whose answer was lost', () => {
  it('is looked up after it can no longer be acting, and taken as it is found', async () => {
    world.finds = () => ({ did: 'happen', result: { found: 1 } })
    const { mw, id } = await started(checked())
    expect(result(await hand.outcome(mw, id))).toEqual({ status: 'completed', output: { found: 1 } })
    expect([world.sent.length, world.checked.length]).toEqual([1, 1])
    expect((world.checked[0] ?? 0) - (world.sent[0]?.at ?? 0)).toBeGreaterThanOrEqual(15_000)
  })

  it('is tried again where it is found not to have happened', async () => {
    world.finds = () => ({ did: 'not_happen' })
    const { mw, id } = await started(checked())
    expect(result(await hand.outcome(mw, id))).toMatchObject({ status: 'completed' })
    expect(world.sent).toHaveLength(2)
  })

  it('goes to a person after five looks that told nothing', async () => {
    const { mw, id } = await started(checked())
    const question = await hand.question(id)
    expect(world.checked).toHaveLength(5)
    expect(await hand.ledger.answer({ id: question, decision: 'not_happened', by: 'fay' })).toMatchObject({
      code: 'ok',
    })
    expect(result(await hand.outcome(mw, id))).toMatchObject({ status: 'completed', output: { n: 2 } })
  })

  it('takes a check that throws at once, or answers nothing, as one that does not know', async () => {
    world.finds = (n) => {
      if (n === 1) throw LOST
      return n === 2 ? (undefined as never) : { did: 'happen', result: 'late' }
    }
    const { mw, id } = await started(checked())
    expect(result(await hand.outcome(mw, id))).toEqual({ status: 'completed', output: 'late' })
    expect(world.checked).toHaveLength(3)
  })

  it('is not given more attempts than it has', async () => {
    world.loses = () => true
    world.finds = () => ({ did: 'not_happen' })
    const { mw, id } = await started(checked())
    expect(result(await hand.outcome(mw, id))).toMatchObject({ status: 'failed', code: 'did_not_happen' })
    expect(world.sent).toHaveLength(3)
  })
})

describe('a once write whose answer was lost', () => {
  it('is a person’s to decide, and not sent again', async () => {
    const { mw, id } = await started(once())
    const question = await hand.question(id)
    await hand.until(async () => hand.clock.now() > (world.sent[0]?.at ?? 0) + 16_000)
    await hand.ledger.answer({ id: question, decision: 'not_happened', by: 'fay' })
    expect(result(await hand.outcome(mw, id))).toMatchObject({ status: 'failed', code: 'did_not_happen' })
    expect(world.sent).toHaveLength(1)
  })

  it('is handed over when nobody says, and can still be decided afterwards', async () => {
    const { mw, id } = await started(once())
    await hand.question(id)
    hand.skip(DAY_MS)
    expect(await hand.outcome(mw, id)).toMatchObject({ status: 'handed_over', to: 'operator' })
    const later = await hand.question(id)
    expect(await hand.ledger.answer({ id: later, decision: 'happened', by: 'fay' })).toMatchObject({ code: 'ok' })
    await hand.until(async () => (await hand.ledger.run({ runId: id }))?.open.length === 0)
    const [row] = await hand.ledger.effects({ runId: id })
    expect([row?.state, world.sent.length]).toEqual(['performed', 1])
  })
})

it('hears an answer that came while the doubts of an ended run were looked at', async () => {
  world.finds = () => ({ did: 'unknown' })
  const { mw, id } = await started(once())
  await hand.question(id)
  hand.skip(DAY_MS)
  await hand.outcome(mw, id)
  const question = await hand.question(id)
  const { ledger } = hand
  await hand.until(async () => (await ledger.run({ runId: id }))?.workerId === null)
  // Between the reading of the mail and the audit: the answer is there before the audit is written.
  const apply = ledger.apply
  let answered = false
  ledger.apply = async (ops) => {
    if (!answered && ops.some((op) => op.kind === 'audit')) {
      answered = true
      await ledger.answer({ id: question, decision: 'happened', by: 'fay' })
    }
    return apply(ops)
  }
  hand.skip(DAY_MS)
  await hand.until(() => answered)
  await hand.until(async () => (await ledger.run({ runId: id }))?.open.length === 0)
})
