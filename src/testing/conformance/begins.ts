import { expect } from 'vitest'
import { LIMITS } from '../../core/limits.js'
import { clause } from './clause.js'
import { effect, ownCharge } from './hand.js'

export const begins = [
  // Before that time nobody may say that the attempt did not act.
  clause('a granted begin says how long its attempt may be acting, and stays open', async (s) => {
    const hand = await s.held()
    const answer = await hand.put(hand.begin({ timeoutMs: 1_000, settlesMs: 500 }))
    expect(answer).toMatchObject({ code: 'ok', actsUntil: answer.at + 1_500 + LIMITS.grace_ms })
    expect((await s.run(hand.runId)).open).toEqual([hand.head])
  }),

  // The journal alone must prove the budget and the effect.
  clause('its entry says step, attempt, tool, bound, charges, effect and locks', async (s) => {
    const hand = await s.held()
    const wish = { step: 'root/pay#1', attempt: 2, effect: effect('k'), locks: ['b', 'a', 'a'] }
    const { actsUntil } = await hand.put(hand.begin({ ...wish, charges: [ownCharge(3, 10)] }))
    const entry = (await s.ledger.journal({ runId: hand.runId })).at(-1)
    expect(entry).toMatchObject({ kind: 'begin', fence: hand.fence, ref: null, seq: hand.head })
    expect(entry?.facts).toEqual({
      ...{ step: 'root/pay#1', attempt: 2, tool: 'tool', actsUntil, locks: ['a', 'b'] },
      charges: [{ ...ownCharge(3, 10), window: -1, usedAfter: 0, reservedAfter: 3 }],
      effect: { tool: 'tool', key: 'k', args: 'args', attempt: 1 },
    })
  }),

  // Absent fields are not hashed as null here and as nothing there.
  clause('what a begin does not have is left out of its entry', async (s) => {
    const hand = await s.held()
    const { actsUntil } = await hand.put(hand.begin({ tool: null }))
    const entry = (await s.ledger.journal({ runId: hand.runId })).at(-1)
    expect(entry?.facts).toEqual({ step: 'step', attempt: 1, actsUntil, charges: [] })
  }),

  // Parallel branches act at once.
  clause('several begins of one run may be open', async (s) => {
    const hand = await s.held()
    const seqs = [await hand.must(hand.begin()), await hand.must(hand.begin())]
    expect((await s.run(hand.runId)).open).toEqual(seqs)
  }),

  // A begin is a licence to act; a note only remembers.
  clause('a begin needs the lease, not the fence alone', async (s) => {
    const hand = await s.held()
    await s.advance(60_000)
    expect(await hand.put(hand.begin())).toMatchObject({ code: 'lease_lost' })
    await hand.must(hand.note())
  }),

  // What cannot end in time would be cut in the middle of an effect.
  clause('a step begins only if its timeout fits what is left of the deadline', async (s) => {
    const hand = await s.held({ deadlineMs: 5_000 })
    expect(await hand.put(hand.begin({ timeoutMs: 5_001 }))).toMatchObject({ code: 'deadline' })
    await hand.must(hand.begin({ timeoutMs: 5_000 }))
  }),

  // Two ledgers that refuse for different reasons would lead to different nights.
  clause('the first rule that stands in the way answers', async (s) => {
    const other = await s.held()
    await other.must(other.begin({ effect: effect('k'), locks: ['l'] }))
    const hand = await s.held()
    const wish = { effect: effect('k'), locks: ['l'], charges: [ownCharge(2, 1)], timeoutMs: 9_000_000, supersedes: 1 }
    const code = async (less: object) => (await hand.put(hand.begin({ ...wish, ...less }))).code
    await s.ledger.engage({ scope: `run:${hand.runId}`, mode: 'hold', by: 'ann' })
    expect(await code({})).toBe('switched')
    await s.ledger.release({ scope: `run:${hand.runId}`, by: 'ann', jitterMs: 0 })
    expect(await code({})).toBe('deadline')
    expect(await code({ timeoutMs: 1 })).toBe('not_open')
    const { supersedes: _, ...fresh } = { ...wish, timeoutMs: 1 }
    expect((await hand.put(hand.begin(fresh))).code).toBe('under_way')
    expect((await hand.put(hand.begin({ ...fresh, effect: effect('k2') }))).code).toBe('locked')
    expect((await hand.put(hand.begin({ ...fresh, effect: effect('k2'), locks: [] }))).code).toBe('ceiling')
  }),
]
