import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { acrossAsynchronous, acrossRestartsAndRestore, acrossSynchronous } from './faults.js'
import { Server } from './server.js'

const PLAN = { runs: 2, strike: 0.3 }
let pattern: Server

beforeAll(async () => {
  pattern = await Server.made()
})
afterAll(() => pattern?.remove())

/** Each has servers and workers of its own, and waits most of the time. */
describe.concurrent('a ledger that fails over', { timeout: 120_000 }, () => {
  it('goes on by itself on a promoted standby for which commits had waited; nothing acknowledged is lost', async () => {
    const { judged, alarms, lost } = await acrossSynchronous(pattern, PLAN)
    expect(judged.wrong).toEqual([])
    expect(lost).toBe(0)
    expect(alarms.join()).toContain('A standby was promoted (timeline 1 to 2); nothing is lost.')
    expect(alarms.join()).not.toContain('Claims are stopped')
  })

  it('stops on a promoted standby that lagged behind until it is reconciled; then nothing is done twice', async () => {
    const { judged, stop, kept, forgotten } = await acrossAsynchronous(pattern, PLAN)
    expect(stop).toMatchObject({ claims: 0, looked: 4, applied: 0, verified: 0 })
    expect(stop.missing).toContain('Claims are stopped')
    expect(stop.doctor).toContain('fail  continuity')
    expect(stop.ps).toContain('Claims are stopped')
    // The loss bit: runs that were accepted are gone, and writes that were granted.
    expect(forgotten).toBe(3 * PLAN.runs)
    expect(kept).toBeGreaterThan(0)
    expect(judged.wrong).toEqual([])
  })

  it('goes on by itself after restarts, and stops when restored to an older point, until it is reconciled', async () => {
    const { judged, restarted, stop, kept, forgotten } = await acrossRestartsAndRestore(pattern, PLAN)
    expect(restarted.join()).not.toContain('Claims are stopped')
    expect(stop).toMatchObject({ claims: 0, looked: 4, applied: 0, verified: 0 })
    expect(stop.missing).toContain('Claims are stopped')
    // The loss bit: runs that were accepted are gone, and writes that were granted.
    expect(forgotten).toBe(3 * PLAN.runs)
    expect(kept).toBeGreaterThan(0)
    expect(judged.wrong).toEqual([])
  })
})
