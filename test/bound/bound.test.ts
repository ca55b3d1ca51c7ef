import { describe, expect, it } from 'vitest'
import { reachedBy } from './policies.js'

/** `npm run prove -- bound` plays 50. */
const SEEDS = [1, 2, 3, 4, 5, 6]

describe('the bound of a random policy', () => {
  it.each(SEEDS)('is never passed by a greedy model in a hostile world, and nearly reached: seed %i', async (seed) => {
    const reached = await reachedBy(seed)
    expect(reached.filter(({ used, most }) => most !== null && used > most)).toEqual([])
    expect(Math.max(...reached.map(({ used, most }) => (most ? used / most : 0)))).toBeGreaterThanOrEqual(0.5)
  })
})
