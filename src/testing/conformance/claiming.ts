import { expect } from 'vitest'
import { clause } from './clause.js'

export const claiming = [
  // The higher fence is what shuts out whoever held the run before.
  clause('a claim raises the fence, takes the run off the due list and is written down', async (s) => {
    const workerId = await s.worker()
    const runId = await s.admit()
    const [claimed] = await s.ledger.claim({ workerId, limit: 1 })
    expect(claimed?.run).toMatchObject({ runId, state: 'running', dueAt: null, claims: 1, headSeq: 2 })
    expect(claimed?.run.fence).toBeGreaterThan(2 ** 40)
    expect(claimed?.switched).toBeNull()
    const [, entry] = await s.ledger.journal({ runId })
    expect(entry).toMatchObject({ kind: 'claim', fence: claimed?.run.fence, body: '{}', salt: '' })
    expect(entry?.facts).toEqual({ worker: 'worker', claims: 1 })
  }),

  // One writer per journal, as long as its worker lives.
  clause('a run that is held is nobody else’s while the lease lasts', async (s) => {
    const hand = await s.held()
    const other = await s.worker()
    await s.advance(59_999)
    expect(await s.claims(other)).toEqual([])
    expect(await s.ledger.claim({ workerId: other, limit: 1, runId: hand.runId })).toEqual([])
  }),

  // The journal says who took over, and how often in vain.
  clause('a run whose worker’s lease ran out is claimed with a higher fence, and claims are counted', async (s) => {
    const hand = await s.held()
    const next = await s.takenOver(hand)
    expect(next.fence).toBe(hand.fence + 1)
    expect(next.run.claims).toBe(2)
  }),

  // Otherwise its doubt would wait for a worker that is gone.
  clause('an ended run whose reconciler died can be claimed again', async (s) => {
    const first = await s.held()
    await first.mustDoubt({})
    await first.must(first.end({ dueAt: null }))
    const workerId = await s.worker()
    const second = await s.claim(workerId, first.runId)
    expect(second.run.state).toBe('ended')
    const third = await s.takenOver(second)
    expect(third.run).toMatchObject({ state: 'ended', fence: second.fence + 1 })
  }),

  // Who dispatches by other means must know what there is, and must not hold what it only looks at.
  clause('what a claim would give is told without claiming it, by the same rules', async (s) => {
    const serves = [`${s.agent}@1#print`]
    const due = async (queues = [s.queue], limit = 100) =>
      (await s.ledger.due({ serves, queues, limit })).map(({ runId, dueAt }) => [runId, dueAt === null])
    const hand = await s.held()
    await s.admit({ version: 2 })
    expect(await due()).toEqual([])
    const first = await s.admit()
    await s.advance(1)
    const second = await s.admit({ priority: 'high' })
    expect(await due()).toEqual([
      [first, false],
      [second, false],
    ])
    expect(await due([s.queue], 1)).toEqual([[first, false]])
    expect(await due([`${s.queue}-2`])).toEqual([])
    expect((await s.run(first)).claims).toBe(0)
    // A worker's death makes due what it held.
    await s.advance(60_000)
    expect(await due()).toEqual([
      [hand.runId, true],
      [first, false],
      [second, false],
    ])
    const next = await s.claim(await s.worker(), hand.runId)
    const [claimed] = await s.ledger.due({ serves, queues: [s.queue], limit: 1 })
    expect(claimed?.runId).toBe(first)
    await next.must(next.park({ dueInMs: 1_000 }))
    await s.ledger.wake({ runId: hand.runId })
    const woken = (await s.ledger.due({ serves, queues: [s.queue], limit: 100 })).find(
      (one) => one.runId === hand.runId,
    )
    expect(woken).toEqual({ runId: hand.runId, fence: next.fence, dueAt: (await s.run(hand.runId)).dueAt })
  }),

  // Other code would decide otherwise in replay.
  clause('a worker gets only what it serves: agent, version and fingerprint', async (s) => {
    await s.admit({ version: 2 })
    await s.admit({ fingerprint: 'other' })
    await s.admit({ agent: `${s.agent}-2` })
    expect(await s.claims(await s.worker())).toEqual([])
    const runId = await s.admit()
    expect(await s.claims(await s.worker())).toEqual([runId])
  }),

  // Queues keep kinds of work apart.
  clause('a worker looks only into its queues', async (s) => {
    const runId = await s.admit()
    expect(await s.claims(await s.worker({ queues: [`${s.queue}-2`] }))).toEqual([])
    expect(await s.claims(await s.worker({ queues: [`${s.queue}-2`, s.queue] }))).toEqual([runId])
  }),

  // Queues say what is taken unasked: a run that is taken by name alone may stand in one that nobody looks into.
  clause('a named run is claimed whatever its queue', async (s) => {
    const runId = await s.admit()
    const workerId = await s.worker({ queues: [`${s.queue}-2`] })
    expect(await s.claims(workerId)).toEqual([])
    const claimed = await s.ledger.claim({ workerId, limit: 1, runId })
    expect(claimed.map(({ run }) => run.runId)).toEqual([runId])
  }),

  // Any queue or engine may dispatch, as often as it likes, and does no harm.
  clause('a named run is claimed by the same rules', async (s) => {
    const workerId = await s.worker({ leaseMs: 600_000 })
    const [other, runId] = [await s.admit(), await s.admit()]
    const hand = await s.claim(workerId, runId)
    expect(await s.ledger.claim({ workerId, limit: 1, runId })).toEqual([])
    await hand.must(hand.park({ dueInMs: 1_000 }))
    expect(await s.ledger.claim({ workerId, limit: 1, runId })).toEqual([])
    await s.advance(1_000)
    await s.claim(workerId, runId)
    expect((await s.run(other)).state).toBe('queued')
  }),

  // Oldest first lets one tenant's flood drown all others.
  clause('claims go round the tenants: a flood of one does not starve another', async (s) => {
    const workerId = await s.worker()
    for (let i = 0; i < 10; i += 1) await s.admit()
    const lonely = await s.admit({ tenant: `${s.tenant}-2` })
    expect(await s.claims(workerId, 2)).toContain(lonely)
  }),

  // One at a time is a turn too: the worker remembers whom it served last.
  clause('claims of a single run go round the tenants as well', async (s) => {
    const workerId = await s.worker()
    for (let i = 0; i < 3; i += 1) await s.admit()
    await s.advance(1)
    const lonely = await s.admit({ tenant: `${s.tenant}-2` })
    const served = [...(await s.claims(workerId, 1)), ...(await s.claims(workerId, 1))]
    expect(served).toContain(lonely)
  }),

  // Within one tenant nothing waits for ever.
  clause('within a tenant the oldest due goes first, and no more than asked for', async (s) => {
    const workerId = await s.worker()
    const first = await s.admit()
    await s.advance(1)
    const second = await s.admit()
    await s.advance(1)
    await s.admit()
    expect(await s.claims(workerId, 2)).toEqual([first, second])
  }),

  // There is nothing left to do, and an outcome is final.
  clause('an ended run without open begins is never claimed', async (s) => {
    const hand = await s.held()
    await hand.must(hand.end())
    expect(await s.ledger.claim({ workerId: await s.worker(), limit: 1, runId: hand.runId })).toEqual([])
  }),

  // A run that crashes its workers is told by this number, and only progress resets it.
  clause('claims without progress are counted until a step is settled or the run parks', async (s) => {
    let hand = await s.takenOver(await s.takenOver(await s.held()))
    expect(hand.run.claims).toBe(3)
    await hand.must(hand.settle(await hand.must(hand.begin())))
    expect((await s.run(hand.runId)).claims).toBe(0)
    hand = await s.takenOver(hand)
    await hand.must(hand.park({ dueInMs: 1 }))
    expect((await s.run(hand.runId)).claims).toBe(0)
  }),
]
