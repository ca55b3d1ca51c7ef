import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { byShares, type Credits } from './shares.js'

const NONE: Credits = [0, 0, 0]
const line = (name: string, count: number) => Array.from({ length: count }, () => name)
const tally = (names: readonly string[]) => [...'lnh'].map((one) => names.filter((name) => name === one).length)

/** What is taken in so many claims of `limit` each, from lines that never run dry. */
function taken(claims: number, limit: number): number[] {
  let credits = NONE
  const found: string[] = []
  for (let claim = 0; claim < claims; claim += 1) {
    const shared = byShares([line('l', limit), line('n', limit), line('h', limit)], credits, limit)
    found.push(...shared.order.slice(0, limit))
    credits = shared.credits
  }
  return tally(found)
}

describe('shares', () => {
  it('are 1 to 3 to 12, however many are taken at once', () => {
    expect(taken(160, 1)).toEqual([10, 30, 120])
    expect(taken(10, 16)).toEqual([10, 30, 120])
    expect(taken(32, 5)).toEqual([10, 30, 120])
  })

  it('leave a line that is alone as it is, and keep what is owed to it', () => {
    const alone = byShares([[], ['a', 'b'], []], [5, 3, 0], 1)
    expect(alone).toEqual({ order: ['a', 'b'], credits: [5, 3, 0] })
  })

  it('forget what is owed to a line that is empty', () => {
    const { credits } = byShares([[], line('n', 3), line('h', 3)], [11, 0, 0], 1)
    expect(credits).toEqual([0, 1, 0])
  })

  it('lose nothing, take nothing twice, and keep the order of each line', () => {
    const lines = fc.tuple(
      ...[0, 1, 2].map((level) => fc.nat(20).map((n) => Array.from({ length: n }, (_, i) => [level, i]))),
    )
    fc.assert(
      fc.property(
        lines,
        fc.tuple(fc.nat(12), fc.nat(4), fc.nat(1)),
        fc.integer({ min: 1, max: 30 }),
        (all, owed, limit) => {
          const { order, credits } = byShares(all, owed, limit)
          for (const level of [0, 1, 2]) expect(order.filter(([of]) => of === level)).toEqual(all[level])
          expect(order).toHaveLength(all.flat().length)
          for (const [level, most] of [12, 4, 1].entries()) {
            expect(credits[level]).toBeGreaterThanOrEqual(0)
            expect(credits[level]).toBeLessThanOrEqual(most)
          }
        },
      ),
    )
  })
})
