import { expect, it } from 'vitest'
import { afterDay, heightFor, NOTHING, type Sum } from './cusum.js'

const after = (surprises: readonly number[], direction: 1 | -1 = 1): Sum =>
  surprises.reduce((sum, surprise) => afterDay(sum, surprise, direction), NOTHING)

it('adds up what exceeds the allowance, and says since when', () => {
  expect(after([0, 2, 2, 2])).toEqual({ value: 3, days: 3 })
  expect(after([2, -3, 2])).toEqual({ value: 1, days: 1 })
  expect(after([0.9, 0.9, 0.9, 0.9])).toEqual(NOTHING)
  expect(after([-2, -2], -1)).toEqual({ value: 2, days: 2 })
})

it('lets no single day say more than four deviates', () => {
  expect(after([50])).toEqual({ value: 3, days: 1 })
  expect(heightFor(10_000)).toBeGreaterThan(3)
})

it('is higher where false alarms must be rarer', () => {
  expect(heightFor(100_000)).toBeGreaterThan(heightFor(10_000))
  // As often as Siegmund says, on deviates of nothing: 2,000 days between alarms, of one sum.
  let [state, alarms, sum] = [1, 0, NOTHING]
  const next = () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
  const days = 200_000
  for (let day = 0; day < days; day += 1) {
    sum = afterDay(sum, Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next()), 1)
    if (sum.value <= heightFor(2_000)) continue
    alarms += 1
    sum = NOTHING
  }
  expect(days / alarms).toBeGreaterThan(1_400)
  expect(days / alarms).toBeLessThan(2_800)
})
