import { expect } from 'vitest'
import { LIMITS } from '../../core/limits.js'
import { clause } from './clause.js'
import { effect } from './hand.js'
import type { Scene } from './scene.js'

const LATE = 1_000 + LIMITS.grace_ms
const undoing = (key: string, of: string) => effect(key, { tool: 'undo', undoes: { tool: 'tool', key: of } })
const row = (s: Scene, key: string, tool = 'tool') => s.ledger.effect({ tenant: s.tenant, tool, key })

/** A run that holds a confirmed effect under the key. */
async function confirmed(s: Scene, key: string) {
  const hand = await s.held()
  await hand.must(hand.settle(await hand.must(hand.begin({ effect: effect(key) }))))
  return hand
}

/** A doubt of a run that ended, adopted by another one: both, and what each began. */
async function adopted(s: Scene, key: string) {
  const owner = await s.held()
  const lost = await owner.mustDoubt({ effect: effect(key) })
  await owner.must(owner.end())
  await s.advance(LATE)
  const heir = await s.held()
  const again = await heir.must(heir.begin({ effect: effect(key, { saw: { attempt: 1, evidence: 0 } }) }))
  return { owner, lost, heir, again }
}

export const undoes = [
  // A refund that was taken back may be made once more: that is a new effect, not a repeat.
  clause('a confirmed undo frees the key that it takes back, in the same transaction', async (s) => {
    const hand = await confirmed(s, 'k')
    const ref = await hand.must(hand.begin({ effect: undoing('u', 'k') }))
    const begun = (await s.ledger.journal({ runId: hand.runId, from: ref }))[0]
    expect(begun?.facts.effect).toMatchObject({ undoes: { tool: 'tool', key: 'k', attempt: 1 } })
    expect(await row(s, 'k')).toMatchObject({ state: 'performed', undone: 0 })
    const seq = await hand.must(hand.settle(ref))
    expect(await row(s, 'k')).toMatchObject({ state: 'free', attempt: 1, undone: 1 })
    expect(await row(s, 'u', 'undo')).toMatchObject({ state: 'performed', undone: 0 })
    const settled = (await s.ledger.journal({ runId: hand.runId, from: seq }))[0]
    expect(settled?.facts).toMatchObject({ undid: { tool: 'tool', key: 'k', attempt: 1 } })
    const next = await s.held()
    await next.must(next.begin({ effect: effect('k', { args: 'others' }) }))
    expect(await row(s, 'k')).toMatchObject({ state: 'under_way', attempt: 2, undone: 1 })
  }),

  // Begun is not done, and lost is not known.
  clause('nothing but a confirmed undo frees the key', async (s) => {
    const hand = await confirmed(s, 'k')
    const first = await hand.must(hand.begin({ effect: undoing('u', 'k') }))
    await hand.must(hand.settle(first, { did: 'not_performed' }))
    expect(await row(s, 'k')).toMatchObject({ state: 'performed' })
    const ref = await hand.mustDoubt({ effect: undoing('u', 'k') })
    expect(await row(s, 'k')).toMatchObject({ state: 'performed' })
    const heir = await s.takenOver(hand)
    await hand.put(hand.settle(ref))
    expect(await row(s, 'k')).toMatchObject({ state: 'performed' })
    const saw = { attempt: 2, evidence: 1 }
    await heir.must(heir.settle(ref, { saw }))
    expect(await row(s, 'k')).toMatchObject({ state: 'free', undone: 1 })
  }),

  // An undo that was begun before the effect cannot have taken it back.
  clause('an undo takes back what was confirmed when it was first begun, and nothing later', async (s) => {
    const early = await s.held()
    const ref = await early.must(early.begin({ effect: undoing('u', 'k') }))
    await confirmed(s, 'k')
    const seq = await early.must(early.settle(ref))
    const settled = (await s.ledger.journal({ runId: early.runId, from: seq }))[0]
    expect(settled?.facts.undid).toBeUndefined()
    expect(await row(s, 'k')).toMatchObject({ state: 'performed', undone: 0 })
  }),
  clause('an undo in doubt that is sent again takes back no more than its first attempt', async (s) => {
    const hand = await s.held()
    const supersedes = await hand.mustDoubt({ effect: undoing('u', 'k') })
    await confirmed(s, 'k')
    await s.advance(LATE)
    const claim = { ...undoing('u', 'k'), saw: { attempt: 1, evidence: 0 } }
    await hand.must(hand.settle(await hand.must(hand.begin({ effect: claim, supersedes }))))
    expect(await row(s, 'k')).toMatchObject({ state: 'performed', undone: 0 })
  }),
  clause('an undo in doubt that is sent again takes back what its first attempt was sent for', async (s) => {
    await confirmed(s, 'k')
    const hand = await s.held()
    const supersedes = await hand.mustDoubt({ effect: undoing('u', 'k') })
    await s.advance(LATE)
    const claim = { ...undoing('u', 'k'), saw: { attempt: 1, evidence: 0 } }
    const seq = await hand.must(hand.begin({ effect: claim, supersedes }))
    const [again] = await s.ledger.journal({ runId: hand.runId, from: seq })
    expect(again?.facts.effect?.undoes).toMatchObject({ attempt: 1 })
    await hand.must(hand.settle(seq))
    expect(await row(s, 'k')).toMatchObject({ state: 'free', undone: 1 })
  }),
  clause('of two undos the second finds nothing to take back', async (s) => {
    const hand = await confirmed(s, 'k')
    const other = await s.held()
    const first = await hand.must(hand.begin({ effect: undoing('u1', 'k') }))
    const second = await other.must(other.begin({ effect: undoing('u2', 'k') }))
    await hand.must(hand.settle(first))
    const next = await confirmed(s, 'k')
    await other.must(other.settle(second))
    expect(await row(s, 'k')).toMatchObject({ state: 'performed', runId: next.runId, undone: 1 })
  }),

  // Else what somebody else took back already would be taken back twice.
  clause('an undo of an attempt that does not stand any more is refused', async (s) => {
    const hand = await confirmed(s, 'k')
    const of = (attempt: number, key = 'u') =>
      effect(key, { tool: 'undo', undoes: { tool: 'tool', key: 'k', attempt } })
    const gone = { code: 'gone' }
    expect(await hand.put(hand.begin({ effect: of(2) }))).toMatchObject(gone)
    const never = effect('u', { tool: 'undo', undoes: { tool: 'tool', key: 'never', attempt: 1 } })
    expect(await hand.put(hand.begin({ effect: never }))).toMatchObject(gone)
    await hand.must(hand.settle(await hand.must(hand.begin({ effect: of(1) }))))
    expect(await hand.put(hand.begin({ effect: of(1, 'v') }))).toMatchObject(gone)
  }),
  clause('an undo in doubt is sent again whatever stands by then', async (s) => {
    const hand = await confirmed(s, 'k')
    const undoes = { tool: 'tool', key: 'k', attempt: 1 }
    const supersedes = await hand.mustDoubt({ effect: effect('u', { tool: 'undo', undoes }) })
    const other = await s.held()
    await other.must(other.settle(await other.must(other.begin({ effect: undoing('v', 'k') }))))
    await s.advance(LATE)
    const claim = effect('u', { tool: 'undo', undoes, saw: { attempt: 1, evidence: 0 } })
    await hand.must(hand.settle(await hand.must(hand.begin({ effect: claim, supersedes }))))
    expect(await row(s, 'k')).toMatchObject({ state: 'free', undone: 1 })
  }),

  // Whether there is anything to undo must be known first.
  clause('an undo waits while an attempt at what it takes back is open', async (s) => {
    const hand = await s.held()
    const ref = await hand.must(hand.begin({ effect: effect('k') }))
    const other = await s.held()
    const waits = { code: 'locked', lock: 'undoes:tool', holder: { runId: hand.runId, seq: ref } }
    expect(await other.put(other.begin({ effect: undoing('u', 'k') }))).toMatchObject(waits)
    await hand.must(hand.doubt(ref))
    expect(await other.put(other.begin({ effect: undoing('u', 'k') }))).toMatchObject(waits)
    await hand.must(hand.settle(ref, { did: 'not_performed', saw: { attempt: 1, evidence: 0 } }))
    await other.must(other.begin({ effect: undoing('u', 'k') }))
  }),

  // It is the same thing that was taken back.
  clause('a receipt for what was taken back counts no more', async (s) => {
    const hand = await s.held()
    const ref = await hand.must(hand.begin({ effect: effect('k') }))
    const receipt = hand.settle(ref)
    const heir = await s.takenOver(hand)
    await heir.must(heir.doubt(ref))
    await heir.must(heir.settle(ref, { saw: { attempt: 1, evidence: 0 } }))
    await heir.must(heir.settle(await heir.must(heir.begin({ effect: undoing('u', 'k') }))))
    await hand.put(receipt)
    expect(await s.ledger.evidence({ runId: hand.runId })).toHaveLength(1)
    expect(await row(s, 'k')).toMatchObject({ state: 'free', undone: 1, acted: null })
  }),
]

export const acted = [
  // A, in doubt, has ended; B sends again and is declined; meanwhile A's receipt says that it was done.
  clause('a key is not freed by a later attempt once an earlier one is known to have acted', async (s) => {
    const { owner, lost, heir, again } = await adopted(s, 'k')
    await owner.put(owner.settle(lost))
    const by = { runId: owner.runId, seq: lost, args: 'args' }
    expect(await row(s, 'k')).toMatchObject({ state: 'under_way', runId: heir.runId, evidence: 1, acted: by })
    await heir.must(heir.settle(again, { did: 'not_performed' }))
    expect(await row(s, 'k')).toMatchObject({ state: 'performed', attempt: 2, acted: null, ...by })
    const next = await s.held()
    expect(await next.put(next.begin({ effect: effect('k') }))).toMatchObject({
      ...{ code: 'performed', holder: { runId: owner.runId, seq: lost } },
    })
  }),
  clause('its own owner may learn that it acted after it was adopted, with the same result', async (s) => {
    const { owner, lost, heir, again } = await adopted(s, 'k')
    const back = await s.claim(await s.worker(), owner.runId)
    const seq = await back.must(back.settle(lost))
    await heir.must(heir.settle(again, { did: 'not_performed' }))
    expect(await row(s, 'k')).toMatchObject({ state: 'performed', runId: owner.runId, seq })
  }),
  clause('whoever adopted it and is confirmed keeps the key', async (s) => {
    const { owner, lost, heir, again } = await adopted(s, 'k')
    await owner.put(owner.settle(lost))
    const seq = await heir.must(heir.settle(again))
    expect(await row(s, 'k')).toMatchObject({ state: 'performed', runId: heir.runId, seq, acted: null })
  }),

  // A check had said that it did not: now it is known better, and nobody may send again.
  clause('a receipt closes a key that is free', async (s) => {
    const hand = await s.held()
    const ref = await hand.must(hand.begin({ effect: effect('k') }))
    const receipt = hand.settle(ref)
    const heir = await s.takenOver(hand)
    await heir.must(heir.doubt(ref))
    await heir.must(heir.settle(ref, { did: 'not_performed', saw: { attempt: 1, evidence: 0 } }))
    expect(await row(s, 'k')).toMatchObject({ state: 'free' })
    await hand.put(receipt)
    expect(await row(s, 'k')).toMatchObject({ state: 'performed', runId: hand.runId, seq: ref })
    expect(await heir.put(heir.begin({ effect: effect('k') }))).toMatchObject({ code: 'performed' })
  }),

  // Sent again it would be done twice.
  clause('a doubt that is known to have acted is not taken over, nor freed', async (s) => {
    const owner = await s.held()
    const ref = await owner.must(owner.begin({ effect: effect('k') }))
    const heir = await s.takenOver(owner)
    await heir.must(heir.doubt(ref))
    await owner.put(owner.settle(ref))
    await s.advance(LATE)
    const claim = effect('k', { saw: { attempt: 1, evidence: 1 } })
    expect(await heir.put(heir.begin({ effect: claim, supersedes: ref }))).toMatchObject({ code: 'moved' })
    const other = await s.held()
    expect(await other.put(other.begin({ effect: claim }))).toMatchObject({
      ...{ code: 'performed', holder: { runId: owner.runId, seq: ref } },
    })
    await heir.must(heir.settle(ref, { did: 'not_performed', saw: { attempt: 1, evidence: 1 } }))
    expect(await row(s, 'k')).toMatchObject({ state: 'performed', runId: owner.runId, seq: ref })
  }),
]
