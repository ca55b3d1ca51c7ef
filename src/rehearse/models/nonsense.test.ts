import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chanceOf } from '../chance.js'
import { nonsenseOf } from './nonsense.js'

const chance = (seed: number) => (purpose: string) => chanceOf(seed).of(purpose)

describe('nonsense', () => {
  test('is never what was meant', () => {
    const args = fc.dictionary(
      fc.string({ minLength: 1 }),
      fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.array(fc.string())),
      { minKeys: 1 },
    )
    fc.assert(
      fc.property(args, fc.nat(), (meant, seed) => {
        expect(JSON.stringify(nonsenseOf(meant, chance(seed)))).not.toBe(JSON.stringify(meant))
      }),
      { numRuns: 200 },
    )
  })

  test('has the right shape, or lacks a field, or has one of another kind', () => {
    const seen = new Set(
      Array.from({ length: 60 }, (_, seed) => {
        const made = nonsenseOf({ amount: 5 }, chance(seed)) as { amount?: unknown }
        return typeof made.amount
      }),
    )
    expect(seen).toEqual(new Set(['number', 'string', 'undefined']))
  })

  test('mixes up an id in its last letter', () => {
    const made = Array.from({ length: 40 }, (_, seed) => nonsenseOf({ id: 'W12-7' }, chance(seed)) as { id?: unknown })
    const texts = made.flatMap(({ id }) => (typeof id === 'string' ? [id] : []))
    for (const id of texts) expect(id).toMatch(/^W12-[0-689]$/)
    expect(texts.length).toBeGreaterThan(5)
  })

  test('needs arguments to get wrong', () => {
    for (const args of [{}, null, 'x', []]) expect(nonsenseOf(args, chance(1))).toBeUndefined()
  })
})
