import { expect } from 'vitest'
import { aboveCharge, heldChild } from './children.js'
import { clause } from './clause.js'
import { effect, ownCharge, question, sharedCharge } from './hand.js'
import type { Scene } from './scene.js'

/** A run that did something, asked somebody, and has ended. */
async function done(s: Scene) {
  const hand = await s.held()
  const charges = [sharedCharge(`tenant:${s.tenant}`, 5, 100), ownCharge(3, 10)]
  const ref = await hand.must(hand.begin({ effect: effect('k'), charges }))
  await hand.must(hand.settle(ref, { used: [4, 2] }))
  await hand.must(hand.park({ dueInMs: 0, escalations: [question(`${hand.runId}-q`)] }))
  await s.ledger.answer({ id: `${hand.runId}-q`, decision: 'approve', by: 'ann' })
  const again = await s.claim(await s.worker(), hand.runId)
  await again.must(again.end({ mailSeen: 1 }))
  return hand.runId
}

const before = async (s: Scene) => ({ endedBefore: (await s.ledger.now()) + 1, limit: 1_000 })

export const pruning = [
  // Years of journals are neither kept nor forgotten: what they proved stays.
  clause('a pruned run keeps its row, its effect keys and a proof, and nothing of what it said', async (s) => {
    const runId = await done(s)
    const { headSeq, headHash, meters, mailHead, endedAt } = await s.run(runId)
    const journal = await s.ledger.journal({ runId })
    expect(await s.ledger.prune(await before(s))).toBeGreaterThan(0)
    const row = await s.run(runId)
    expect(row).toMatchObject({ headSeq, headHash, meters, mailHead, endedAt, outcome: 'completed' })
    expect(row.prunedAt).toBe(await s.ledger.now())
    const sum = { scope: `tenant:${s.tenant}`, meter: 'usd', kind: 'sum', per: 'total', window: -1, used: 4 }
    const beganAt = journal.find(({ kind }) => kind === 'begin')?.at
    expect(row.proof).toEqual({ firstHash: journal[0]?.hash, beganAt, sums: [sum] })
    expect(await s.ledger.journal({ runId })).toEqual([])
    expect(await s.ledger.mail({ runId, after: 0 })).toEqual([])
    expect(await s.ledger.escalations({ runId })).toEqual([])
    const kept = await s.ledger.effect({ tenant: s.tenant, tool: 'tool', key: 'k' })
    expect(kept).toMatchObject({ state: 'performed', runId })
  }),

  clause('a key that a pruned run confirmed is still confirmed', async (s) => {
    await done(s)
    await s.ledger.prune(await before(s))
    const hand = await s.held()
    expect((await hand.put(hand.begin({ effect: effect('k') }))).code).toBe('performed')
  }),

  clause('only runs that ended before that time are pruned, the oldest first, at most so many', async (s) => {
    await s.ledger.prune(await before(s))
    const [first, second] = [await s.held(), await s.held()]
    await second.must(second.end())
    await s.advance(10)
    await first.must(first.end())
    const endedBefore = await s.ledger.now()
    expect(await s.ledger.prune({ endedBefore: endedBefore - 10, limit: 10 })).toBe(0)
    expect(await s.ledger.prune({ endedBefore: endedBefore + 1, limit: 1 })).toBe(1)
    expect([(await s.run(first.runId)).prunedAt, (await s.run(second.runId)).prunedAt]).toEqual([null, endedBefore])
    expect(await s.ledger.prune({ endedBefore: endedBefore + 1, limit: 10 })).toBe(1)
    expect(await s.ledger.prune({ endedBefore: endedBefore + 1, limit: 10 })).toBe(0)
  }),

  // What is open could not be checked any more.
  clause('a run with an open doubt, or one that is being reconciled, is not pruned', async (s) => {
    const hand = await s.held()
    const ref = await hand.mustDoubt({})
    await hand.must(hand.end())
    await s.ledger.prune(await before(s))
    const again = await s.claim(await s.worker(), hand.runId)
    await again.must(again.settle(ref, { did: 'failed' }))
    await s.ledger.prune(await before(s))
    expect((await s.run(hand.runId)).prunedAt).toBeNull()
    await again.must(again.audit())
    await s.ledger.prune(await before(s))
    expect((await s.run(hand.runId)).prunedAt).not.toBeNull()
  }),

  // Its outcome is not in the parent's journal before the parent has looked.
  clause('a child is pruned once its parent has ended, and what it charged above it stays proven', async (s) => {
    const parent = await s.held()
    const child = await heldChild(s, parent)
    const ref = await child.must(child.begin({ charges: [aboveCharge(parent.runId, 5, null)] }))
    await child.must(child.settle(ref, { used: [4] }))
    await child.must(child.end())
    await s.ledger.prune(await before(s))
    expect((await s.run(child.runId)).prunedAt).toBeNull()
    await parent.must(parent.end({ mailSeen: 1 }))
    await s.ledger.prune(await before(s))
    const { proof } = await s.run(child.runId)
    expect(proof?.sums).toMatchObject([{ scope: `run:${parent.runId}`, meter: 'usd', used: 4 }])
    expect((await s.run(parent.runId)).proof?.sums).toEqual([])
  }),

  clause('nothing is written to a pruned run, and nothing is left to erase', async (s) => {
    const hand = await s.held()
    const ref = await hand.must(hand.begin())
    await hand.must(hand.settle(ref, { did: 'failed' }))
    await hand.must(hand.end())
    await s.ledger.prune(await before(s))
    expect((await hand.put(hand.settle(ref, { did: 'performed' }))).code).toBe('fenced')
    expect(await s.ledger.evidence({ runId: hand.runId })).toEqual([])
    expect(await s.ledger.erase({ runId: hand.runId })).toEqual({ erased: 0 })
    expect(await s.ledger.claim({ workerId: await s.worker(), limit: 1, runId: hand.runId })).toEqual([])
  }),
]
