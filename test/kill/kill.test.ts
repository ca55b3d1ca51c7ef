import { expect, it } from 'vitest'
import { LIMITS } from '../../src/core/limits.js'
import { holdNight, WRITES } from './hold-night.js'
import { describe as described, killNight } from './night.js'

/** What a loaded machine may add: looking for who is in the way, ending a backend, rolling back. */
const SLACK_MS = 2_500

it('a fleet kill lets no intent through, aborts what is under way and ends every run', async () => {
  const night = await killNight(200, { deaf: false })
  console.log(described(night))
  expect(night.violations).toEqual([])
  expect(night.intentsAfter).toBe(0)
  expect(night.outcomes).toEqual({ killed: 210 })
  expect(night.leftOpen).toBe(0)
  expect([night.inFlight, night.aborted]).toEqual([140, 140])
  expect(night.terminated).toBe(0)
}, 60_000)

it('a stopped worker and a deaf client hold a kill up no longer than its wait, and lose their runs to it', async () => {
  const night = await killNight(60, { deaf: true })
  console.log(described(night))
  expect(night.violations).toEqual([])
  expect(night.intentsAfter).toBe(0)
  expect(night.outcomes).toEqual({ killed: 70 })
  expect(night.leftOpen).toBe(0)
  expect(night.terminated).toBe(1)
  expect(night.engagedMs).toBeLessThan(LIMITS.kill_wait_ms + SLACK_MS)
}, 60_000)

it('runs that are held and let go again and again lose nothing, and do nothing twice', async () => {
  const night = await holdNight(40, 8)
  expect(night).toEqual({ completed: 40, doneOnce: 40 * WRITES, doneTwice: 0, violations: [] })
}, 60_000)
