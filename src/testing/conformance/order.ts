import { expect } from 'vitest'
import { clause } from './clause.js'
import { effect, ownCharge } from './hand.js'

/** Fence before twin before head: what is looked at before an op's own rules. */
export const order = [
  // A restore may have lost the run that a worker still holds.
  clause('an op for a run that is not there is answered no_run', async (s) => {
    const hand = await s.held()
    expect(await hand.put({ ...hand.note(), runId: s.admission().runId })).toMatchObject({ code: 'no_run' })
  }),

  // Settle n and begin n+1 travel in one batch.
  clause('answers come one for each op, in order, and each op sees those before it', async (s) => {
    const hand = await s.held()
    const begin = hand.begin()
    const answers = await s.ledger.apply([
      begin,
      { ...hand.settle(begin.seq), seq: begin.seq + 1 },
      { ...hand.note(), seq: begin.seq + 1 },
    ])
    expect(answers.map(({ code }) => code)).toEqual(['ok', 'ok', 'head_moved'])
  }),

  // Whoever was stalled past its lease comes back and does not know it.
  clause('a stale fencing token is refused', async (s) => {
    const stale = await s.held()
    const hand = await s.takenOver(stale)
    stale.head = hand.head
    for (const op of [stale.begin(), stale.note(), stale.park(), stale.end()]) {
      expect(await stale.put(op)).toMatchObject({ code: 'fenced' })
    }
    expect((await s.run(hand.runId)).headSeq).toBe(hand.head)
  }),

  // Parked and ended runs have no writer; the last one's late ops are as stale as an old fence's.
  clause('nothing is written to a run that nobody holds', async (s) => {
    const hand = await s.held()
    await hand.must(hand.park({ dueInMs: 1_000 }))
    expect(await hand.put(hand.note())).toMatchObject({ code: 'fenced' })
    await s.advance(1_000)
    const next = await s.claim(await s.worker(), hand.runId)
    await next.must(next.end())
    expect(await next.put(next.audit())).toMatchObject({ code: 'fenced' })
  }),

  // The connection was cut after COMMIT: the answer was lost, the entry was not.
  clause('the same op again under the current fence is already there', async (s) => {
    const hand = await s.held()
    const begin = hand.begin({ effect: effect('k') })
    const answer = await hand.put(begin)
    const again = await hand.put(begin)
    expect(again).toMatchObject({ code: 'already', actsUntil: answer.actsUntil, attempt: 1 })
    const settle = hand.settle(begin.seq)
    await hand.must(settle)
    expect(await hand.put(settle)).toMatchObject({ code: 'already' })
    expect((await s.run(hand.runId)).headSeq).toBe(settle.seq)
  }),

  // Else: begin commits, the connection is cut, a successor sends again, the first worker hears "already" and acts too.
  clause('a twin under an old fence is fenced: the fence is looked at first', async (s) => {
    const stale = await s.held()
    const begin = stale.begin({ effect: effect('k') })
    await stale.must(begin)
    const hand = await s.takenOver(stale)
    expect(await stale.put(begin)).toMatchObject({ code: 'fenced' })
    expect(await hand.put({ ...begin, fence: hand.fence })).toMatchObject({ code: 'already' })
  }),

  // Somebody, perhaps this very worker, has said what became of it; acting on it now would be a second time.
  clause('a begin that is settled by now is no licence to act: its twin is fenced', async (s) => {
    const hand = await s.held()
    const begin = hand.begin()
    await hand.must(begin)
    await hand.must(hand.settle(begin.seq, { did: 'not_performed' }))
    expect(await hand.put(begin)).toMatchObject({ code: 'fenced' })
  }),

  // The successor may be about to claim: the answer must not be a licence to act.
  clause('a begin’s twin after the lease ran out is lease_lost', async (s) => {
    const hand = await s.held()
    const begin = hand.begin()
    await hand.must(begin)
    await s.advance(60_000)
    expect(await hand.put(begin)).toMatchObject({ code: 'lease_lost' })
  }),

  // One of two activations of a run lost; it must not write over the other.
  clause('another op at a place that is taken, or beyond the head, is head_moved', async (s) => {
    const hand = await s.held()
    await hand.must(hand.note())
    const note = { ...hand.note(), seq: hand.head }
    expect(await hand.put(note)).toMatchObject({ code: 'head_moved' })
    expect(await hand.put({ ...note, seq: hand.head + 2 })).toMatchObject({ code: 'head_moved' })
    expect(await hand.put({ ...note, seq: 1 })).toMatchObject({ code: 'head_moved' })
  }),

  // A digest covers the body alone.
  clause('the same text under another kind is no twin', async (s) => {
    const hand = await s.held()
    const note = hand.note()
    await hand.must(note)
    expect(await hand.put({ ...hand.park(), seq: note.seq, salt: note.salt, body: note.body })).toMatchObject({
      code: 'head_moved',
    })
  }),

  // One outcome per run; afterwards only what became of open doubts.
  clause('after the end only settle and audit go on', async (s) => {
    const first = await s.held()
    const ref = await first.mustDoubt({ effect: effect('k') })
    await first.must(first.end())
    const hand = await s.claim(await s.worker(), first.runId)
    for (const op of [hand.begin(), hand.doubt(ref), hand.note(), hand.park(), hand.end()]) {
      expect(await hand.put(op)).toMatchObject({ code: 'ended' })
    }
    await hand.must(hand.settle(ref, { saw: { attempt: 1, evidence: 0 } }))
    await hand.must(hand.audit())
  }),

  // A run that goes on parks or ends.
  clause('an audit of a run that goes on is not_open', async (s) => {
    const hand = await s.held()
    expect(await hand.put(hand.audit())).toMatchObject({ code: 'not_open' })
  }),

  // A reservation or key left behind by a refusal would never be given back.
  clause('an op that is refused changes nothing', async (s) => {
    const hand = await s.held()
    const before = await s.run(hand.runId)
    await hand.put(hand.begin({ effect: effect('k'), locks: ['l'], charges: [ownCharge(5, 4)] }))
    expect(await s.run(hand.runId)).toEqual(before)
    expect(await s.ledger.effects({ runId: hand.runId })).toEqual([])
  }),
]
