import { expect, it } from 'vitest'
import { chaos } from './chaos.js'
import { describe as described, faultsOf } from './told.js'

it('a fleet that is killed, stopped and cut off from its database loses nothing and does nothing twice', async () => {
  const one = await chaos({ seed: 1, seconds: 40, sessions: 500, messages: 2, workers: 4 })
  console.log(described(one))
  expect(faultsOf(one)).toEqual([])
  expect([one.accepted, one.runs, one.restarts]).toEqual([1_000, 1_000, 2])
  // A dead letter is an end, too, but not for many.
  expect(one.outcomes.completed).toBeGreaterThan(800)
  // What was done to it has bitten.
  expect(Math.min(one.struck.SIGKILL, one.struck.SIGSTOP)).toBeGreaterThan(2)
  expect(one.takenOver).toBeGreaterThan(10)
  expect(one.refused).toBeGreaterThan(0)
}, 240_000)
