import { expect } from 'vitest'
import { clause } from './clause.js'
import { effect, ownCharge } from './hand.js'

export const settles = [
  // The second of the two writes of every step.
  clause('a settle closes its begin and says what became of it', async (s) => {
    const hand = await s.held()
    const ref = await hand.must(hand.begin({ effect: effect('k'), charges: [ownCharge(3, 10)] }))
    await hand.must(hand.settle(ref, { used: [2] }))
    expect((await s.run(hand.runId)).open).toEqual([])
    const entry = (await s.ledger.journal({ runId: hand.runId })).at(-1)
    expect(entry).toMatchObject({ kind: 'settle', ref, body: '{"say":"hello"}' })
    expect(entry?.facts).toEqual({ did: 'performed', used: [2], overrun: false })
    const row = await s.ledger.effect({ tenant: s.tenant, tool: 'tool', key: 'k' })
    expect(row).toMatchObject({ state: 'performed', runId: hand.runId, seq: hand.head })
  }),

  // A database away for longer than a lease must not put every effect in doubt when nobody took over.
  clause('a settle needs the fence, not the lease', async (s) => {
    const hand = await s.held()
    const ref = await hand.must(hand.begin())
    await s.advance(600_000)
    await hand.must(hand.settle(ref))
  }),

  // Settled twice, the meter would give back what it no longer holds.
  clause('only an open begin can be settled, and once', async (s) => {
    const hand = await s.held()
    const ref = await hand.must(hand.begin({ charges: [ownCharge(3, 10)] }))
    await hand.must(hand.settle(ref, { used: [3] }))
    expect(await hand.put(hand.settle(ref, { used: [3] }))).toMatchObject({ code: 'not_open' })
    expect(await hand.put(hand.settle(1))).toMatchObject({ code: 'not_open' })
    expect(await hand.put(hand.settle(99))).toMatchObject({ code: 'not_open' })
    expect((await s.run(hand.runId)).meters.usd).toEqual({ used: 3, reserved: 0 })
  }),

  // `failed` says nothing about the world, and an effect must be said something about.
  clause('an effect either happened or it did not: failed is not_open', async (s) => {
    const hand = await s.held()
    const ref = await hand.must(hand.begin({ effect: effect('k') }))
    expect(await hand.put(hand.settle(ref, { did: 'failed' }))).toMatchObject({ code: 'not_open' })
    const read = await hand.must(hand.begin())
    await hand.must(hand.settle(read, { did: 'failed' }))
  }),

  // Evidence that came in between would be overruled unread.
  clause('a doubt is resolved only by who saw its attempt and evidence', async (s) => {
    const hand = await s.held()
    const ref = await hand.mustDoubt({ effect: effect('k') })
    const sights = [undefined, { attempt: 2, evidence: 0 }, { attempt: 1, evidence: 1 }]
    for (const saw of sights) {
      const settle = hand.settle(ref, { did: 'not_performed', ...(saw && { saw }) })
      expect(await hand.put(settle)).toMatchObject({ code: 'moved', attempt: 1, evidence: 0 })
    }
    await hand.must(hand.settle(ref, { did: 'not_performed', saw: { attempt: 1, evidence: 0 } }))
    expect(await s.ledger.effect({ tenant: s.tenant, tool: 'tool', key: 'k' })).toMatchObject({ state: 'free' })
  }),
]

export const receipts = [
  // Refused and forgotten, a person would approve a second refund.
  clause('a settle under an old fence is kept as evidence, and the holder has mail', async (s) => {
    const stale = await s.held()
    const ref = await stale.must(stale.begin({ effect: effect('k') }))
    const hand = await s.takenOver(stale)
    await hand.must(hand.doubt(ref))
    const late = stale.settle(ref)
    expect(await stale.put(late)).toMatchObject({ code: 'fenced' })
    expect(await s.ledger.evidence({ runId: hand.runId })).toMatchObject([
      { runId: hand.runId, ref, no: 1, fence: stale.fence, did: 'performed', body: late.body },
    ])
    const row = await s.ledger.effect({ tenant: s.tenant, tool: 'tool', key: 'k' })
    expect(row).toMatchObject({ state: 'doubt', evidence: 1 })
    expect(await s.ledger.mail({ runId: hand.runId, after: 0 })).toMatchObject([
      { no: 1, kind: 'evidence', body: `{"ref":${ref}}` },
    ])
    // Due while it runs, it could be claimed from its living holder.
    expect(await s.run(hand.runId)).toMatchObject({ headSeq: hand.head, dueAt: null })
  }),

  // The receipt lies there: whoever decides without it decides wrongly.
  clause('who did not see the evidence may not say that it did not act, nor send again', async (s) => {
    const stale = await s.held()
    const ref = await stale.must(stale.begin({ effect: effect('k') }))
    const hand = await s.takenOver(stale)
    await hand.must(hand.doubt(ref))
    await stale.put(stale.settle(ref))
    const saw = { attempt: 1, evidence: 0 }
    expect(await hand.put(hand.settle(ref, { did: 'not_performed', saw }))).toMatchObject({
      code: 'moved',
      evidence: 1,
    })
    const begin = hand.begin({ effect: effect('k', { saw }), supersedes: ref })
    expect(await hand.put(begin)).toMatchObject({ code: 'moved', evidence: 1 })
    await hand.must(hand.settle(ref, { saw: { attempt: 1, evidence: 1 } }))
  }),

  // A batch whose answer was lost comes again.
  clause('the same receipt is kept once, another one beside it', async (s) => {
    const stale = await s.held()
    const ref = await stale.must(stale.begin({ effect: effect('k') }))
    const hand = await s.takenOver(stale)
    const late = stale.settle(ref)
    await stale.put(late)
    await stale.put(late)
    await stale.put(stale.settle(ref, { did: 'not_performed' }))
    const kept = await s.ledger.evidence({ runId: hand.runId })
    expect(kept.map(({ no, did }) => [no, did])).toEqual([
      [1, 'performed'],
      [2, 'not_performed'],
    ])
    expect((await s.run(hand.runId)).mailHead).toBe(2)
  }),

  // What names no begin of the run is no receipt.
  clause('a late settle of nothing leaves no evidence', async (s) => {
    const stale = await s.held()
    const hand = await s.takenOver(stale)
    await stale.put(stale.settle(1))
    await stale.put(stale.settle(99))
    await stale.put(stale.note())
    expect(await s.ledger.evidence({ runId: hand.runId })).toEqual([])
    expect((await s.run(hand.runId)).mailHead).toBe(0)
  }),

  // That the first attempt did not act says nothing about the second; that it did says that the key must stay closed.
  clause(
    'a receipt of an attempt that was superseded touches the new one only when it says that it acted',
    async (s) => {
      const stale = await s.held()
      const ref = await stale.must(stale.begin({ effect: effect('k') }))
      const hand = await s.takenOver(stale)
      await hand.must(hand.doubt(ref))
      await hand.must(hand.begin({ effect: effect('k', { saw: { attempt: 1, evidence: 0 } }), supersedes: ref }))
      await stale.put(stale.settle(ref, { did: 'not_performed' }))
      expect(await s.ledger.evidence({ runId: hand.runId })).toHaveLength(1)
      const row = () => s.ledger.effect({ tenant: s.tenant, tool: 'tool', key: 'k' })
      expect(await row()).toMatchObject({ state: 'under_way', evidence: 0, attempt: 2, acted: null })
      await stale.put(stale.settle(ref))
      const acted = { runId: hand.runId, seq: ref, args: 'args' }
      expect(await row()).toMatchObject({ state: 'under_way', evidence: 1, attempt: 2, acted })
    },
  ),

  // It waits for a person, and the answer is already here.
  clause('evidence makes a waiting run due', async (s) => {
    const stale = await s.held()
    const ref = await stale.must(stale.begin({ effect: effect('k') }))
    const hand = await s.takenOver(stale)
    await hand.must(hand.doubt(ref))
    await hand.must(hand.park({ waits: 'person:1', dueInMs: 100_000 }))
    await stale.put(stale.settle(ref))
    expect((await s.run(hand.runId)).dueAt).toBe(await s.ledger.now())
  }),

  // A doubt outlives its run; its evidence must not wait for the next look.
  clause('evidence makes an ended run with open doubts due, and one without open doubts not', async (s) => {
    const stale = await s.held()
    const ref = await stale.must(stale.begin({ effect: effect('k') }))
    const hand = await s.takenOver(stale)
    await hand.must(hand.doubt(ref))
    const now = await s.ledger.now()
    await hand.must(hand.end({ dueAt: now + 100_000 }))
    await stale.put(stale.settle(ref))
    const again = await s.claim(await s.worker(), hand.runId)
    await again.must(again.settle(ref, { saw: { attempt: 1, evidence: 1 } }))
    await again.must(again.audit())
    await stale.put(stale.settle(ref, { did: 'not_performed' }))
    expect((await s.run(hand.runId)).dueAt).toBeNull()
  }),
]
