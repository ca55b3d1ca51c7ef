import { expect, it } from 'vitest'
import { manualClock } from '../testing/manual-clock.js'
import { Stopwatch } from './stopwatch.js'

it('believes the clock that went further, and charges what passed by the steady one', async () => {
  const clock = manualClock(1_000)
  const watch = new Stopwatch(clock)
  await clock.advance(40)
  clock.setWall(3_601_000)
  expect(watch.elapsedMs()).toBe(3_600_000)
  expect(watch.tookMs()).toBe(40)
})

it('takes a wall clock that went back for no time that was won', async () => {
  const clock = manualClock(5_000)
  const watch = new Stopwatch(clock)
  await clock.advance(70)
  clock.setWall(1_000)
  expect(watch.elapsedMs()).toBe(70)
  expect(watch.tookMs()).toBe(70)
})
