import { expect } from 'vitest'
import { clause } from './clause.js'
import type { Hand } from './hand.js'
import type { Scene } from './scene.js'

/** Parks a run as one whose code has changed under it. */
const parkMisfit = (hand: Hand) => hand.must(hand.park({ waits: 'mismatch:act#1', mailSeen: hand.run.mailHead }))

const fresh = (s: Scene, serves: readonly string[], isFresh = true) =>
  s.ledger.workers.register({ name: 'new', leaseMs: 60_000, serves, queues: [s.queue], fresh: isFresh })

const move = (s: Scene, runId: string, version = 2, fingerprint = 'print') =>
  s.ledger.repin({ runId, version, fingerprint, by: 'ann' })

export const versions = [
  // Code says which versions it goes on with; their fingerprints it need not know.
  clause(
    'a worker that serves every run of a version gets them whatever their fingerprint, and no other version',
    async (s) => {
      const runs = [await s.admit({ fingerprint: 'old' }), await s.admit({ fingerprint: 'older' })]
      await s.admit({ version: 2 })
      await s.admit({ version: 11 })
      await s.admit({ agent: `${s.agent}-2` })
      const workerId = await s.worker({ serves: [`${s.agent}@1#*`] })
      expect((await s.claims(workerId)).sort()).toEqual(runs.sort())
    },
  ),

  // A star is no fingerprint: nobody is served by accident.
  clause('a name without the star covers nothing else', async (s) => {
    await s.admit({ fingerprint: 'print-2' })
    expect(await s.claims(await s.worker({ serves: [`${s.agent}@1#print`, `${s.agent}@1`, `${s.agent}@1#`] }))).toEqual(
      [],
    )
  }),

  // The old version's workers go, the run stays: it must be possible to give it to others.
  clause('a run that nobody holds can be moved to another version: only whoever serves that gets it', async (s) => {
    const runId = await s.admit()
    expect(await move(s, runId)).toEqual({ code: 'ok' })
    expect(await s.run(runId)).toMatchObject({ version: 2, fingerprint: 'print', state: 'queued', agent: s.agent })
    expect(await s.claims(await s.worker())).toEqual([])
    expect(await s.claims(await s.worker({ serves: [`${s.agent}@2#print`] }))).toEqual([runId])
  }),

  // Its journal is its holder's alone, so the move is told by mail, and a waiting run is due for it.
  clause('a move is told by mail and makes a waiting run due', async (s) => {
    const hand = await s.held()
    await hand.must(hand.park({ dueInMs: 60_000 }))
    await move(s, hand.runId)
    const [mail] = await s.ledger.mail({ runId: hand.runId, after: 0 })
    const body = { by: 'ann', from: `${s.agent}@1#print`, to: `${s.agent}@2#print` }
    expect([mail?.kind, JSON.parse(mail?.body ?? '{}')]).toEqual(['moved', body])
    expect(await s.run(hand.runId)).toMatchObject({ state: 'waiting', mailHead: 1, dueAt: await s.ledger.now() })
  }),

  // Under a worker's hands code does not change; what is over stays as it was.
  clause('a run that is held, over or unknown is not moved, and one that is there already stays', async (s) => {
    const hand = await s.held()
    expect(await move(s, hand.runId)).toEqual({ code: 'held' })
    await hand.must(hand.end())
    expect(await move(s, hand.runId)).toEqual({ code: 'ended' })
    expect(await move(s, 'nobody')).toEqual({ code: 'unknown' })
    const queued = await s.admit()
    expect(await move(s, queued, 1)).toEqual({ code: 'same' })
    expect((await s.run(queued)).mailHead).toBe(0)
  }),

  // A line of one session is one line, whatever its versions.
  clause('a run that waits for its turn can be moved and keeps its place', async (s) => {
    const [first, second] = [await s.admit({ session: 's' }), await s.admit({ session: 's' })]
    await move(s, second)
    const hand = await s.claim(await s.worker(), first)
    const other = await s.worker({ serves: [`${s.agent}@2#print`] })
    expect(await s.claims(other)).toEqual([])
    await hand.must(hand.end())
    expect(await s.claims(other)).toEqual([second])
  }),

  // Code that fits may come back at any time, and nobody should have to say so.
  clause('what changed code left parked is due again when a worker with new code serves it', async (s) => {
    const hand = await s.held()
    await parkMisfit(hand)
    expect((await s.run(hand.runId)).dueAt).toBe((await s.run(hand.runId)).deadlineAt)
    await s.advance(5_000)
    await fresh(s, [`${s.agent}@1#print`], false)
    expect(await s.claims(await s.worker())).toEqual([])
    const { workerId } = await fresh(s, [`${s.agent}@1#print`])
    expect(await s.claims(workerId)).toEqual([hand.runId])
  }),

  // Twenty workers that start together do not try it twenty times, and whoever does not serve it wakes nobody.
  clause('it is not tried again sooner than a while after it parked, nor for those who do not serve it', async (s) => {
    const hand = await s.held()
    await parkMisfit(hand)
    await fresh(s, [`${s.agent}@2#print`])
    expect((await s.run(hand.runId)).dueAt).toBe(hand.run.deadlineAt)
    const { workerId } = await fresh(s, [`${s.agent}@1#*`])
    expect(await s.claims(workerId)).toEqual([])
    await s.advance(4_999)
    expect(await s.claims(workerId)).toEqual([])
    await s.advance(1)
    expect(await s.claims(workerId)).toEqual([hand.runId])
  }),

  // Whoever waits for a person or a time waits on.
  clause('new code leaves other waiting runs alone', async (s) => {
    const hand = await s.held()
    await hand.must(hand.park({ dueInMs: 90_000, waits: 'person:ann' }))
    await s.advance(5_000)
    const before = await s.run(hand.runId)
    await fresh(s, [`${s.agent}@1#*`])
    expect(await s.run(hand.runId)).toEqual(before)
  }),

  // Nobody can say what is stranded without knowing what is there.
  clause('runs that have not ended are counted by what they are pinned to', async (s) => {
    const mine = async () => (await s.ledger.pins()).filter(({ agent }) => agent === s.agent)
    const ids = [await s.admit(), await s.admit(), await s.admit({ fingerprint: 'other' })]
    await s.admit({ version: 2 })
    const pin = { agent: s.agent, version: 1, fingerprint: 'print' }
    const third = { ...pin, fingerprint: 'other', misfit: false, runs: 1, first: ids[2] }
    const second = { ...pin, version: 2, misfit: false, runs: 1 }
    const found = await mine()
    expect(found).toMatchObject([
      third,
      { ...pin, misfit: false, runs: 2, first: [...ids.slice(0, 2)].sort()[0] },
      second,
    ])
    const one = await s.claim(await s.worker(), ids[0] ?? '')
    await parkMisfit(one)
    const two = await s.claim(await s.worker(), ids[1] ?? '')
    await two.must(two.end())
    expect(await mine()).toMatchObject([third, { ...pin, misfit: true, runs: 1, first: ids[0] }, second])
  }),
]
