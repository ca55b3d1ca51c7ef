import { expect } from 'vitest'
import { LIMITS } from '../../core/limits.js'
import { windowEnd, windowStart } from '../../core/meters.js'
import { clause } from './clause.js'
import { effect, ownCharge, sharedCharge } from './hand.js'

export const meters = [
  // What is only counted afterwards is passed by everyone who starts at once.
  clause('the worst case is set aside, and refused where it could pass the limit', async (s) => {
    const hand = await s.held()
    await hand.must(hand.begin({ charges: [ownCharge(6, 10)] }))
    expect((await s.run(hand.runId)).meters.usd).toEqual({ used: 0, reserved: 6 })
    expect(await hand.put(hand.begin({ charges: [ownCharge(5, 10)] }))).toMatchObject({
      ...{ code: 'ceiling', meter: { scope: '', meter: 'usd', per: 'total', used: 0, reserved: 6 } },
      ...{ meter: { amount: 5, limit: 10, opensAt: null } },
    })
    await hand.must(hand.begin({ charges: [ownCharge(4, 10)] }))
  }),

  // A reservation that leaked would starve the meter for good.
  clause('settling turns the reservation into what was used', async (s) => {
    const hand = await s.held()
    const ref = await hand.must(hand.begin({ charges: [ownCharge(6, 10)] }))
    await hand.must(hand.settle(ref, { used: [2] }))
    expect((await s.run(hand.runId)).meters.usd).toEqual({ used: 2, reserved: 0 })
    await hand.must(hand.begin({ charges: [ownCharge(8, 10)] }))
    expect(await hand.put(hand.begin({ charges: [ownCharge(1, 10)] }))).toMatchObject({ code: 'ceiling' })
  }),

  // The provider's bill comes all the same.
  clause('unknown use is charged at the reservation', async (s) => {
    const hand = await s.held()
    const ref = await hand.must(hand.begin({ charges: [ownCharge(6, 10)] }))
    await hand.must(hand.settle(ref, { did: 'failed', used: [null] }))
    expect((await s.run(hand.runId)).meters.usd).toEqual({ used: 6, reserved: 0 })
  }),

  // Money that is spent is counted, whatever the limit says.
  clause('use above the reservation is charged, recorded as an overrun, and closes the meter', async (s) => {
    const hand = await s.held()
    const ref = await hand.must(hand.begin({ charges: [ownCharge(6, 10)] }))
    await hand.must(hand.settle(ref, { used: [12] }))
    const entry = (await s.ledger.journal({ runId: hand.runId })).at(-1)
    expect(entry?.facts).toEqual({ did: 'performed', used: [12], overrun: true })
    expect(await hand.put(hand.begin({ charges: [ownCharge(0, 10)] }))).toMatchObject({ code: 'ceiling' })
  }),

  // Each alone would fit.
  clause('charges on one row add up, and the first without room is named', async (s) => {
    const hand = await s.held()
    const charges = [ownCharge(1, null, { meter: 'steps' }), ownCharge(6, 10), ownCharge(5, 10)]
    expect(await hand.put(hand.begin({ charges }))).toMatchObject({
      ...{ code: 'ceiling', meter: { meter: 'usd', used: 0, reserved: 6, amount: 5 } },
    })
    const scope = `tenant:${s.tenant}`
    await hand.must(hand.begin({ charges: [sharedCharge(scope, 6, 10), sharedCharge(scope, 4, 10)] }))
    expect(await s.ledger.meters({ scope })).toMatchObject([{ reserved: 10 }])
    await hand.must(hand.settle(hand.head, { used: [1, 2] }))
    expect(await s.ledger.meters({ scope })).toMatchObject([{ used: 3, reserved: 0 }])
  }),

  // Counted for the reports, and for ceilings that come later.
  clause('a charge without a limit is counted without one', async (s) => {
    const hand = await s.held()
    await hand.must(hand.begin({ charges: [ownCharge(1_000_000, null)] }))
    expect((await s.run(hand.runId)).meters.usd?.reserved).toBe(1_000_000)
  }),

  // Two runs that both look and then both spend pass the limit together.
  clause('a shared meter is one row for all runs', async (s) => {
    const scope = `tenant:${s.tenant}`
    const [a, b] = [await s.held(), await s.held()]
    expect(await a.put(a.begin({ charges: [sharedCharge(scope, 11, 10)] }))).toMatchObject({ code: 'ceiling' })
    await a.must(a.begin({ charges: [sharedCharge(scope, 6, 10)] }))
    expect(await b.put(b.begin({ charges: [sharedCharge(scope, 5, 10)] }))).toMatchObject({
      ...{ code: 'ceiling', meter: { scope, reserved: 6 } },
    })
    const row = { scope, meter: 'usd', per: 'total', window: -1, used: 0, reserved: 6 }
    expect(await s.ledger.meters({ scope })).toEqual([row])
  }),

  // A context window is not used up.
  clause('a peak is compared call by call and reserves nothing', async (s) => {
    const hand = await s.held()
    const peak = (amount: number) => ownCharge(amount, 10, { meter: 'context_tokens', kind: 'peak' })
    expect(await hand.put(hand.begin({ charges: [peak(11)] }))).toMatchObject({ code: 'ceiling' })
    const refs = [await hand.must(hand.begin({ charges: [peak(10)] }))]
    refs.push(await hand.must(hand.begin({ charges: [peak(10)] })))
    expect((await s.run(hand.runId)).meters.context_tokens).toEqual({ used: 0, reserved: 0 })
    for (const [i, ref] of refs.entries()) await hand.must(hand.settle(ref, { used: [9 - i] }))
    expect((await s.run(hand.runId)).meters.context_tokens).toEqual({ used: 9, reserved: 0 })
  }),

  // Lanes and depths count what is open, not what there was.
  clause('a level is held while the begin is open and leaves nothing behind', async (s) => {
    const scope = `tenant:${s.tenant}`
    const hand = await s.held()
    const lane = { charges: [sharedCharge(scope, 1, 1, { meter: 'lane', kind: 'level' })] }
    const ref = await hand.must(hand.begin(lane))
    expect(await hand.put(hand.begin(lane))).toMatchObject({ code: 'ceiling' })
    await hand.must(hand.settle(ref, { used: [5] }))
    expect((await s.ledger.journal({ runId: hand.runId })).at(-1)?.facts).toMatchObject({ used: [0], overrun: false })
    await hand.must(hand.begin(lane))
    expect(await s.ledger.meters({ scope })).toMatchObject([{ used: 0, reserved: 1 }])
  }),

  // It may have been spent; sent again, it is the same money.
  clause('a doubt keeps its reservation; who is sent again does not pay for it twice', async (s) => {
    const hand = await s.held()
    const charges = [ownCharge(6, 10)]
    const supersedes = await hand.mustDoubt({ effect: effect('k'), charges })
    expect(await hand.put(hand.begin({ charges }))).toMatchObject({ code: 'ceiling' })
    await s.advance(1_000 + LIMITS.grace_ms)
    const claim = effect('k', { saw: { attempt: 1, evidence: 0 } })
    await hand.must(hand.begin({ effect: claim, charges, supersedes }))
    expect((await s.run(hand.runId)).meters.usd).toEqual({ used: 0, reserved: 6 })
  }),

  // A strike that a limit could stop would not be counted.
  clause('what a note counts is used, without a limit', async (s) => {
    const hand = await s.held()
    await hand.must(hand.note({ count: { steps: 2 } }))
    await hand.must(hand.note())
    expect((await s.run(hand.runId)).meters.steps).toEqual({ used: 2, reserved: 0 })
    const [counted, plain] = (await s.ledger.journal({ runId: hand.runId })).slice(-2)
    expect(counted?.facts).toEqual({ count: { steps: 2 } })
    expect(plain?.facts).toEqual({})
  }),
]

const DAY_MS = 86_400_000

export const windows = [
  // Who waits is told until when.
  clause('each window has its own row and opens again when it is over', async (s) => {
    const hand = await s.claim(await s.worker({ leaseMs: 3 * DAY_MS }), await s.admit({ deadlineMs: 30 * DAY_MS }))
    const scope = `tenant:${s.tenant}`
    const begin = () => hand.begin({ charges: [sharedCharge(scope, 10, 10, { per: 'day' })] })
    await hand.must(begin())
    const full = await hand.put(begin())
    expect(full).toMatchObject({ code: 'ceiling', meter: { per: 'day', opensAt: windowEnd('day', full.at) } })
    await s.advance((windowEnd('day', full.at) ?? 0) - full.at)
    const next = await hand.put(begin())
    expect(next.code).toBe('ok')
    const starts = (await s.ledger.meters({ scope })).map((row) => row.window).sort((a, b) => a - b)
    expect(starts).toEqual([windowStart('day', full.at), windowStart('day', next.at)])
  }),

  // Settled after midnight in the new day, the old day would stay full and the new one would lack.
  clause('a charge is settled in the window that granted it', async (s) => {
    const hand = await s.claim(await s.worker({ leaseMs: 3 * DAY_MS }), await s.admit({ deadlineMs: 30 * DAY_MS }))
    const scope = `tenant:${s.tenant}`
    const granted = await hand.put(hand.begin({ charges: [sharedCharge(scope, 10, 10, { per: 'day' })] }))
    await s.advance(DAY_MS)
    await hand.must(hand.settle(hand.head, { used: [7] }))
    const window = windowStart('day', granted.at)
    expect(await s.ledger.meters({ scope })).toMatchObject([{ window, used: 7, reserved: 0 }])
  }),

  // Two ledgers, one calendar.
  clause('hours, days, weeks from Monday and months begin as the calendar in UTC says', async (s) => {
    const hand = await s.held()
    const scope = `tenant:${s.tenant}`
    const pers = ['hour', 'day', 'week', 'month', 'total'] as const
    const { at } = await hand.put(hand.begin({ charges: pers.map((per) => sharedCharge(scope, 1, 1, { per })) }))
    const rows = await s.ledger.meters({ scope })
    for (const per of pers) expect(rows.find((row) => row.per === per)?.window).toBe(windowStart(per, at))
  }),
]

export const ceilings = [
  // Policy is pinned at admission; an operator must be able to tighten it now.
  clause('an operator’s ceiling holds beside the begin’s own: the least of them', async (s) => {
    const scope = `tenant:${s.tenant}`
    const hand = await s.held()
    await s.ledger.setCeiling({ scope, meter: 'usd', per: 'total', limit: 5, by: 'ann' })
    const ask = (amount: number, limit: number | null) =>
      hand.put(hand.begin({ charges: [sharedCharge(scope, amount, limit)] }))
    expect(await ask(6, 10)).toMatchObject({ code: 'ceiling', meter: { limit: 5 } })
    expect(await ask(6, null)).toMatchObject({ code: 'ceiling', meter: { limit: 5 } })
    expect(await ask(5, 4)).toMatchObject({ code: 'ceiling', meter: { limit: 4 } })
    expect(await ask(5, 10)).toMatchObject({ code: 'ok' })
  }),

  // What was granted stays granted.
  clause('a ceiling can be moved and taken away, and binds the next grant', async (s) => {
    const scope = `tenant:${s.tenant}`
    const set = (limit: number | null) => s.ledger.setCeiling({ scope, meter: 'usd', per: 'day', limit, by: 'ann' })
    await set(5)
    await set(8)
    const listed = (await s.ledger.ceilings()).filter((row) => row.scope === scope)
    expect(listed).toMatchObject([{ scope, meter: 'usd', per: 'day', limit: 8, by: 'ann' }])
    await set(null)
    expect((await s.ledger.ceilings()).filter((row) => row.scope === scope)).toEqual([])
  }),

  // A tenant's daily dollars are not its monthly ones.
  clause('a ceiling is for its own scope, meter and window', async (s) => {
    const scope = `tenant:${s.tenant}`
    await s.ledger.setCeiling({ scope, meter: 'usd', per: 'day', limit: 0, by: 'ann' })
    const hand = await s.held()
    await hand.must(hand.begin({ charges: [sharedCharge(scope, 1, 10)] }))
    await hand.must(hand.begin({ charges: [sharedCharge(scope, 1, 10, { per: 'day', meter: 'other' })] }))
    await hand.must(hand.begin({ charges: [ownCharge(1, 10)] }))
  }),
]
