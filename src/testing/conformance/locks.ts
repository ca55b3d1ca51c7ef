import { expect } from 'vitest'
import { LIMITS } from '../../core/limits.js'
import { clause } from './clause.js'
import { effect } from './hand.js'

export const locks = [
  // Refund and cancel on one order never run beside each other.
  clause('a lock is held by one begin until it is settled', async (s) => {
    const hand = await s.held()
    const ref = await hand.must(hand.begin({ locks: ['order:1'] }))
    const other = await s.held()
    const begin = other.begin({ locks: ['order:0', 'order:1'] })
    expect(await other.put(begin)).toMatchObject({
      ...{ code: 'locked', lock: 'order:1', holder: { runId: hand.runId, seq: ref } },
    })
    await hand.must(hand.settle(ref))
    await other.must(begin)
  }),

  // In any other order two begins would wait for each other.
  clause('locks are tried in sorted order, whatever order they are named in', async (s) => {
    const hand = await s.held()
    await hand.must(hand.begin({ locks: ['b', 'a'] }))
    const other = await s.held()
    expect(await other.put(other.begin({ locks: ['b', 'a'] }))).toMatchObject({ code: 'locked', lock: 'a' })
  }),

  // Branches of one run are no more orderly than two runs.
  clause('two begins of one run exclude each other too', async (s) => {
    const hand = await s.held()
    await hand.must(hand.begin({ locks: ['l'] }))
    expect(await hand.put(hand.begin({ locks: ['l'] }))).toMatchObject({ code: 'locked' })
  }),

  // Names of locks hold a tenant's own order numbers.
  clause('a lock belongs to its tenant', async (s) => {
    const hand = await s.held()
    await hand.must(hand.begin({ locks: ['l'] }))
    const stranger = await s.held({ tenant: `${s.tenant}-2` })
    await stranger.must(stranger.begin({ locks: ['l'] }))
  }),

  // The last lock in the list may be the one that is taken.
  clause('a begin that is refused takes no lock', async (s) => {
    const hand = await s.held()
    await hand.must(hand.begin({ locks: ['b'] }))
    await hand.put(hand.begin({ locks: ['a', 'b'] }))
    const other = await s.held()
    await other.must(other.begin({ locks: ['a'] }))
  }),

  // The first act may be half done on the other side.
  clause('a doubt keeps its locks, over the end of the run, until it is settled', async (s) => {
    const hand = await s.held()
    const ref = await hand.mustDoubt({ locks: ['l'] })
    await hand.must(hand.end())
    const other = await s.held()
    const begin = other.begin({ locks: ['l'] })
    expect(await other.put(begin)).toMatchObject({ code: 'locked' })
    const again = await s.claim(await s.worker(), hand.runId)
    await again.must(again.settle(ref, { did: 'failed' }))
    await other.must(begin)
  }),

  // Given back for a moment, they would be taken by another in it.
  clause('who is sent again takes the locks over', async (s) => {
    const hand = await s.held()
    const supersedes = await hand.mustDoubt({ effect: effect('k'), locks: ['l', 'm'] })
    await s.advance(1_000 + LIMITS.grace_ms)
    const claim = effect('k', { saw: { attempt: 1, evidence: 0 } })
    await hand.must(hand.begin({ effect: claim, locks: ['l'], supersedes }))
    const other = await s.held()
    expect(await other.put(other.begin({ locks: ['l'] }))).toMatchObject({ holder: { seq: hand.head } })
    await other.must(other.begin({ locks: ['m'] }))
  }),
]
