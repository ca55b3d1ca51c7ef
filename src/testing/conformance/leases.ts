import { expect } from 'vitest'
import { clause } from './clause.js'

export const leases = [
  // The ledger's clock decides alone: a worker's own may be an hour off.
  clause('a lease lasts as long as it was asked for, by the clock of the ledger', async (s) => {
    const { at, leaseUntil } = await s.ledger.workers.register({ name: 'w', leaseMs: 5_000, serves: [], queues: [] })
    expect(leaseUntil - at).toBe(5_000)
    expect(await s.ledger.now()).toBeGreaterThanOrEqual(at)
  }),

  // A worker that lost its lease comes back as another one, and its old fences stay old.
  clause('each registration is another worker', async (s) => {
    expect(await s.worker()).not.toBe(await s.worker())
  }),

  // One row per worker is renewed, never the rows of its runs.
  clause('a heartbeat extends a lease', async (s) => {
    const workerId = await s.worker({ leaseMs: 5_000 })
    await s.advance(4_000)
    const beat = await s.ledger.workers.heartbeat({ workerId, leaseMs: 5_000 })
    expect(beat.held).toBe(true)
    expect(beat.leaseUntil - beat.at).toBe(5_000)
  }),

  // Brought back, it would let a worker begin whose runs others may have claimed.
  clause('a lease has run out when its time is reached, and no heartbeat brings it back', async (s) => {
    const workerId = await s.worker({ leaseMs: 5_000 })
    await s.advance(5_000)
    expect((await s.ledger.workers.heartbeat({ workerId, leaseMs: 5_000 })).held).toBe(false)
    expect((await s.ledger.workers.heartbeat({ workerId, leaseMs: 5_000 })).held).toBe(false)
  }),

  // What it claimed could be claimed from it in the same moment.
  clause('a worker whose lease ran out claims nothing', async (s) => {
    const workerId = await s.worker({ leaseMs: 5_000 })
    await s.admit()
    await s.advance(5_000)
    expect(await s.claims(workerId)).toEqual([])
  }),

  // A deploy must not cost each run the rest of a lease.
  clause('retiring gives a lease back: its runs can be claimed at once', async (s) => {
    const workerId = await s.worker()
    const hand = await s.claim(workerId, await s.admit())
    const successor = await s.worker()
    expect(await s.claims(successor)).toEqual([])
    await s.ledger.workers.retire({ workerId })
    expect((await s.ledger.workers.heartbeat({ workerId, leaseMs: 5_000 })).held).toBe(false)
    expect(await s.claims(successor)).toEqual([hand.runId])
  }),

  // For `doctor` and `ps`: who could serve what waits.
  clause('workers are listed with what they serve', async (s) => {
    const workerId = await s.worker()
    const row = (await s.ledger.workers.list()).find((worker) => worker.workerId === workerId)
    expect(row).toMatchObject({ name: 'worker', serves: [`${s.agent}@1#print`] })
  }),
]
