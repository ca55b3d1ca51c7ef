import { expect } from 'vitest'
import { LIMITS } from '../../core/limits.js'
import { clause } from './clause.js'
import type { Scene } from './scene.js'
import { sessionOf } from './sessions.js'

/** A numbered message to the session `a`. */
function numbered(s: Scene, sequence: number, wish: Parameters<Scene['admission']>[0] = {}) {
  return s.admission({ session: 'a', sequence, gapMs: 5_000, ...wish })
}

/** Works the run that is due, which must be this one. */
async function work(s: Scene, workerId: number, runId: string): Promise<void> {
  expect(await s.claims(workerId)).toEqual([runId])
  const { headSeq: seq, fence } = await s.run(runId)
  const base = { runId, fence, seq: seq + 1, salt: 'salt', body: '{}' }
  await s.ledger.apply([{ ...base, kind: 'end', outcome: 'completed', detail: '', mailSeen: 0, dueAt: null }])
}

export const sequences = [
  // Networks do not keep an order; senders that need one number what they send.
  clause('numbered messages are worked by their numbers, in whatever order they came', async (s) => {
    const [first, second, third] = [numbered(s, 1), numbered(s, 2), numbered(s, 3)]
    for (const one of [third, first, second]) await s.ledger.admit(one)
    expect((await s.ledger.journal({ runId: third.runId }))[0]?.facts).toEqual({ sequence: 3 })
    const workerId = await s.worker()
    for (const one of [first, second, third]) await work(s, workerId, one.runId)
    expect(await sessionOf(s)).toMatchObject({ sequenced: true, lastNo: 3, turnNo: 3, gapDueAt: null })
  }),

  clause('a message waits for the number before it', async (s) => {
    const second = numbered(s, 2)
    await s.ledger.admit(second)
    const row = await s.run(second.runId)
    expect(row).toMatchObject({ sessionNo: 2, dueAt: row.deadlineAt })
    expect(await sessionOf(s)).toMatchObject({ active: null, gapDueAt: row.createdAt + 5_000, lastNo: 2, turnNo: 0 })
    const workerId = await s.worker()
    expect(await s.claims(workerId)).toEqual([])
    const first = numbered(s, 1)
    await s.ledger.admit(first)
    expect(await sessionOf(s)).toMatchObject({ active: first.runId, gapDueAt: null })
    await work(s, workerId, first.runId)
    await work(s, workerId, second.runId)
  }),

  // A sender that mixes both ways could not be told apart from one that lost a number.
  clause('a session is numbered or not, for good', async (s) => {
    await s.ledger.admit(numbered(s, 1))
    expect((await s.ledger.admit(s.admission({ session: 'a' }))).code).toBe('sequenced')
    await s.admit({ session: 'b' })
    expect((await s.ledger.admit(numbered(s, 2, { session: 'b' }))).code).toBe('unsequenced')
  }),

  clause('a number is given to one message', async (s) => {
    const first = numbered(s, 1, { key: 'k' })
    await s.ledger.admit(first)
    expect(await s.ledger.admit(numbered(s, 1, { key: 'other' }))).toEqual({
      ...{ code: 'sequence_taken', runId: first.runId },
    })
    expect(await s.ledger.admit(numbered(s, 1, { key: 'k' }))).toEqual({ code: 'existing', runId: first.runId })
    // The same message under two numbers: one of them is wrong, and nobody can tell which.
    expect(await s.ledger.admit(numbered(s, 2, { key: 'k' }))).toEqual({ code: 'conflict', runId: first.runId })
  }),

  // Whoever lost a message must not stop a conversation for good.
  clause('numbers that do not come are given up in time, and somebody is told', async (s) => {
    const [third, fifth] = [numbered(s, 3), numbered(s, 5)]
    await s.ledger.admit(third)
    await s.ledger.admit(fifth)
    await s.advance(4_999)
    expect(await s.ledger.passGaps({ limit: 10 })).toBe(0)
    await s.advance(1)
    expect(await s.ledger.passGaps({ limit: 10 })).toBe(1)
    const run = await s.run(third.runId)
    expect(run).toMatchObject({ gap: [1, 2], dueAt: await s.ledger.now() })
    expect(await sessionOf(s)).toMatchObject({ active: third.runId, turnNo: 3, gapDueAt: null })
    const [notice] = (await s.ledger.notices({ limit: 1_000, retryAfterMs: 0 })).filter((n) => n.tenant === s.tenant)
    expect(notice).toMatchObject({ kind: 'gap', runId: third.runId, body: '{"from":1,"session":"a","to":2}' })
    expect(await s.ledger.passGaps({ limit: 10 })).toBe(0)
    expect((await s.ledger.admit(numbered(s, 2))).code).toBe('sequence_passed')
    await work(s, await s.worker(), third.runId)
    // It had waited for its own time already.
    expect(await s.ledger.passGaps({ limit: 10 })).toBe(1)
    expect((await s.run(fifth.runId)).gap).toEqual([4, 4])
  }),

  // The wait is for what is missing, not for what is there.
  clause('what came in time is not given up', async (s) => {
    const [first, second] = [numbered(s, 1), numbered(s, 2)]
    await s.ledger.admit(second)
    await s.advance(5_000)
    await s.ledger.admit(first)
    expect(await s.ledger.passGaps({ limit: 10 })).toBe(0)
    expect((await s.run(second.runId)).gap).toBeNull()
    expect(await s.claims(await s.worker())).toEqual([first.runId])
  }),

  clause('a run that ended before its turn is no gap', async (s) => {
    const workerId = await s.worker({ leaseMs: 600_000 })
    const [first, second, third] = [numbered(s, 1), numbered(s, 2, { deadlineMs: 1_000 }), numbered(s, 3)]
    for (const one of [first, second, third]) await s.ledger.admit(one)
    const hand = await s.claim(workerId, first.runId)
    await s.advance(1_000)
    const late = await s.claim(workerId, second.runId)
    await late.must(late.end({ outcome: 'exhausted' }))
    await hand.must(hand.end())
    expect(await sessionOf(s)).toMatchObject({ active: third.runId, turnNo: 3 })
  }),

  clause('when the one that waited has ended too, nothing is waited for', async (s) => {
    const second = numbered(s, 2, { deadlineMs: 1_000 })
    await s.ledger.admit(second)
    await s.advance(1_000)
    const late = await s.claim(await s.worker(), second.runId)
    await late.must(late.end({ outcome: 'exhausted' }))
    expect(await sessionOf(s)).toMatchObject({ active: null, gapDueAt: null })
    const first = numbered(s, 1)
    await s.ledger.admit(first)
    expect((await sessionOf(s)).active).toBe(first.runId)
  }),

  // It would overtake what may still come.
  clause('a message behind a gap is not taken in', async (s) => {
    const workerId = await s.worker({ leaseMs: 600_000 })
    const [first, second, third] = [numbered(s, 1), numbered(s, 2), numbered(s, 3, { whileBusy: 'steer' })]
    await s.ledger.admit(first)
    const hand = await s.claim(workerId, first.runId)
    await s.ledger.admit(third)
    expect((await hand.put(hand.note({ absorbs: [third.runId] }))).code).toBe('not_open')
    await s.ledger.admit(second)
    await hand.must(hand.note({ absorbs: [second.runId, third.runId] }))
    expect((await sessionOf(s)).turnNo).toBe(3)
  }),

  // A sender that counts in time stamps must not make the ledger count them all.
  clause('a gap may be as wide as numbers are', async (s) => {
    const far = numbered(s, 9_000_000_000_000)
    await s.ledger.admit(far)
    await s.advance(5_000)
    expect(await s.ledger.passGaps({ limit: 10 })).toBe(1)
    expect((await s.run(far.runId)).gap).toEqual([1, 8_999_999_999_999])
  }),

  // A wait of no time at all gives numbers up that are on their way.
  clause('without a word on how long, missing numbers are waited for as ever, one message or many', async (s) => {
    const { gapMs: _, ...second } = numbered(s, 2)
    await s.ledger.admitAll([second])
    const { createdAt } = await s.run(second.runId)
    expect((await sessionOf(s)).gapDueAt).toBe(createdAt + LIMITS.gap_ms)
  }),
]
