import { expect } from 'vitest'
import { clause } from './clause.js'
import type { Hand } from './hand.js'
import type { Scene } from './scene.js'

/** Parks a run as one whose code has changed under it. */
const parkMisfit = (hand: Hand) => hand.must(hand.park({ waits: 'mismatch:act#1', mailSeen: hand.run.mailHead }))

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

  // Code that fits may come back at any time, or be there all along, and nobody should have to say so.
  clause(
    'whoever serves a run that changed code left parked hears of it, and may take it though it is not due',
    async (s) => {
      const hand = await s.held()
      const names = { name: 'w', leaseMs: 60_000, serves: [`${s.agent}@1#*`], queues: [s.queue] }
      const early = await s.ledger.workers.register(names)
      expect(early.misfits).toBe(false)
      await parkMisfit(hand)
      expect((await s.run(hand.runId)).dueAt).toBe(hand.run.deadlineAt)
      expect((await s.ledger.workers.heartbeat({ ...names, workerId: early.workerId })).misfits).toBe(true)
      const late = await s.ledger.workers.register(names)
      expect(late.misfits).toBe(true)
      const page = { after: '', limit: 10 }
      expect(await s.ledger.misfits({ ...page, workerId: late.workerId })).toEqual([hand.runId])
      expect(await s.ledger.misfits({ ...page, workerId: late.workerId, after: hand.runId })).toEqual([])
      expect(await s.claims(late.workerId)).toEqual([])
      const [taken, ...more] = await s.ledger.claimMisfit({ workerId: late.workerId, runId: hand.runId })
      expect([taken?.run.state, taken?.run.fence, more]).toEqual(['running', hand.fence + 1, []])
      expect(await s.ledger.claimMisfit({ workerId: early.workerId, runId: hand.runId })).toEqual([])
      expect((await s.ledger.workers.heartbeat({ ...names, workerId: early.workerId })).misfits).toBe(false)
    },
  ),

  // It would only find once more what it cannot do.
  clause(
    'whoever does not serve it hears nothing of it, nor gets it, and runs that wait for something else are left alone',
    async (s) => {
      const misfit = await s.held()
      await parkMisfit(misfit)
      const strangers = [{ serves: [`${s.agent}@2#print`] }, { queues: [`${s.queue}-2`] }]
      for (const wish of strangers) {
        const workerId = await s.worker(wish)
        expect((await s.ledger.workers.heartbeat({ workerId, leaseMs: 60_000 })).misfits).toBe(false)
        expect(await s.ledger.misfits({ workerId, after: '', limit: 10 })).toEqual([])
        expect(await s.ledger.claimMisfit({ workerId, runId: misfit.runId })).toEqual([])
      }
      const waiting = await s.held()
      await waiting.must(waiting.park({ dueInMs: 90_000, waits: 'person:ann' }))
      const workerId = await s.worker()
      const before = await s.run(waiting.runId)
      expect(await s.ledger.misfits({ workerId, after: '', limit: 10 })).toEqual([misfit.runId])
      expect(await s.ledger.claimMisfit({ workerId, runId: waiting.runId })).toEqual([])
      expect(await s.run(waiting.runId)).toEqual(before)
    },
  ),

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
