import { expect, it } from 'vitest'
import { surpriseOf } from '../../src/govern/drift/alarms.js'
import { falseAlarms, PROMISED, play, shareFound } from './found.js'

const SEEDS = [1, 2, 3]
const RUNS_A_DAY = 40

// The whole of it, 50 seeds and two loads: npm run prove -- drift.
it('finds what changed within a week, and where nothing changes seldom anything', () => {
  for (const known of PROMISED.filter((_, i) => i % 2 === 0)) {
    expect([known, shareFound(play(known, SEEDS, RUNS_A_DAY))]).toEqual([known, 1])
  }
  expect(falseAlarms(SEEDS, RUNS_A_DAY).length / SEEDS.length).toBeLessThanOrEqual(1)
})

it('would not be found by a detector that is blind, takes more for less, or sees what is not there', () => {
  const [known] = PROMISED
  if (known === undefined) throw new RangeError('nothing is promised')
  expect(shareFound(play(known, SEEDS, RUNS_A_DAY, () => 0))).toBe(0)
  expect(shareFound(play(known, SEEDS, RUNS_A_DAY, (day, before) => -surpriseOf(day, before)))).toBe(0)
  const jumpy = falseAlarms([1], RUNS_A_DAY, (day, before) => 2 * surpriseOf(day, before))
  expect(jumpy.length).toBeGreaterThan(1)
})
