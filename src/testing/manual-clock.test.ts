import { expect, test } from 'vitest'
import { manualClock } from './manual-clock.js'

test('time stands still until it is told to go on', async () => {
  const clock = manualClock(1_000)
  expect([clock.now(), clock.monotonic()]).toEqual([1_000, 0])
  await clock.advance(250)
  expect([clock.now(), clock.monotonic()]).toEqual([1_250, 250])
})

test('sleepers wake in order of their time, each at its time', async () => {
  const clock = manualClock(0)
  const woken: string[] = []
  const sleep = (name: string, ms: number) => clock.sleep(ms).then(() => woken.push(`${name} at ${clock.now()}`))
  sleep('c', 30)
  sleep('a', 10)
  sleep('b', 10)
  sleep('late', 31)
  await clock.advance(30)
  expect(woken).toEqual(['a at 10', 'b at 10', 'c at 30'])
  expect(clock.sleepers).toBe(1)
})

test('who falls asleep while others wake is woken within the same advance', async () => {
  const clock = manualClock(0)
  const woken: number[] = []
  const tick = async () => {
    for (let n = 0; n < 3; n += 1) {
      await clock.sleep(10)
      woken.push(clock.now())
    }
  }
  const ticking = tick()
  await clock.advance(30)
  await ticking
  expect(woken).toEqual([10, 20, 30])
})

test('an abort wakes its sleeper at once', async () => {
  const clock = manualClock()
  const stop = new AbortController()
  const asleep = clock.sleep(1_000, stop.signal)
  stop.abort()
  await asleep
  expect(clock.sleepers).toBe(0)
  await clock.sleep(1_000, stop.signal)
  await clock.sleep(0)
  expect(clock.monotonic()).toBe(0)
})

test('wall time can jump, monotonic time and sleepers do not notice', async () => {
  const clock = manualClock(1_000)
  let woken = false
  clock.sleep(100).then(() => {
    woken = true
  })
  clock.setWall(900_000)
  await clock.advance(99)
  expect([clock.now(), clock.monotonic(), woken]).toEqual([900_099, 99, false])
  await clock.advance(1)
  expect(woken).toBe(true)
})
