import { describe, expect, it } from 'vitest'
import { deathNight } from './night.js'
import { SORTS } from './scene.js'

describe('the runs of a worker that was killed', () => {
  it('go on at the other one long before its lease is over, where the server sees that it is gone', async () => {
    const { relieved, disturbed, violations } = await deathNight({ rounds: 1, runs: 24, lease: '5m', seen: true })
    expect(violations).toEqual([])
    expect(disturbed).toBe(0)
    expect(relieved.length).toBeGreaterThanOrEqual(12)
    expect(relieved.filter((one) => !(one.claimedAfterLeaseMs < 0))).toEqual([])
    expect(new Set(relieved.map((one) => one.sort))).toEqual(new Set(SORTS))
  }, 60_000)

  it('go on when its lease is over, and not before, where the server does not see it', async () => {
    const { relieved, disturbed, violations } = await deathNight({ rounds: 1, runs: 24, lease: '2s', seen: false })
    expect(violations).toEqual([])
    expect(disturbed).toBe(0)
    expect(relieved.length).toBeGreaterThanOrEqual(12)
    expect(relieved.filter((one) => !(one.claimedAfterLeaseMs >= 0))).toEqual([])
  }, 60_000)
})
