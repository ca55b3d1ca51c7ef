import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { PacedClock, paceFrom } from './paced-clock.js'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

it('goes on from the time it was told, a number of times as fast', () => {
  const clock = new PacedClock({ atMs: 1_000_000, sinceMs: Date.now() - 100, speed: 5 })
  expect(clock.now()).toBeGreaterThanOrEqual(1_000_500)
  expect(clock.now()).toBeLessThan(1_001_500)
  clock.skewMs = -400_000
  expect(clock.now()).toBeLessThan(700_000)
  expect(clock.monotonic()).toBeLessThan(1_500)
})

it('says how long nobody will wake, and wakes those whose time a new pace has brought', async () => {
  const clock = new PacedClock(paceFrom(0, 1))
  const rang: string[] = []
  clock.timer(60_000, () => rang.push('second'))
  const callOff = clock.timer(30_000, () => rang.push('never'))
  clock.timer(10_000, () => rang.push('first'))
  expect(clock.nextMs).toBeGreaterThan(9_000)
  expect(clock.nextMs).toBeLessThanOrEqual(10_000)
  callOff()
  clock.set(paceFrom(3_600_000, 1))
  await vi.advanceTimersByTimeAsync(1)
  expect(rang).toEqual(['first', 'second'])
  expect(clock.nextMs).toBe(Number.POSITIVE_INFINITY)
})

it('ends a sleep at once with its signal, and wakes nobody once it is stopped', async () => {
  const clock = new PacedClock(paceFrom(0, 1))
  const stop = new AbortController()
  const slept = clock.sleep(60_000, stop.signal)
  stop.abort()
  await slept
  let rang = false
  clock.timer(10, () => {
    rang = true
  })
  clock.stop()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(rang).toBe(false)
})
