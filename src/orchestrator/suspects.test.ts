import { expect, it } from 'vitest'
import { LIMITS } from '../core/limits.js'
import { manualClock } from '../testing/manual-clock.js'
import { Suspects } from './suspects.js'

const settled = () => new Promise((done) => setImmediate(done))

it('lets one go at a time, in the order in which they came', async () => {
  const suspects = new Suspects(manualClock())
  const went: number[] = []
  const turns = [1, 2, 3].map((no) =>
    suspects.turn().then((done) => {
      went.push(no)
      return done
    }),
  )
  await settled()
  expect(went).toEqual([1])
  const [first, second] = [await turns[0], turns[1]]
  first?.()
  ;(await second)?.()
  await turns[2]
  expect(went).toEqual([1, 2, 3])
})

it('passes the turn on when it was held too long', async () => {
  const clock = manualClock()
  const suspects = new Suspects(clock)
  let went = false
  await suspects.turn()
  void suspects.turn().then(() => {
    went = true
  })
  await settled()
  await clock.advance(LIMITS.alone_ms - 1)
  await settled()
  expect(went).toBe(false)
  await clock.advance(1)
  await settled()
  expect(went).toBe(true)
})
