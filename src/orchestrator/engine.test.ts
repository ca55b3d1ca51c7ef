import { expect, it } from 'vitest'
import { manualClock } from '../testing/manual-clock.js'
import { LedgerTime } from './engine.js'

it("goes on with the ledger's time though the wall clock jumps", async () => {
  const clock = manualClock()
  const time = new LedgerTime(clock)
  const ledger = clock.now() + 700
  time.observe(ledger)
  for (const jumpMs of [3_600_000, -7_200_000]) clock.setWall(clock.now() + jumpMs)
  await clock.advance(250)
  expect(time.now()).toBe(ledger + 250)
})

it("has no time but the machine's before the ledger has spoken", () => {
  const clock = manualClock()
  expect(new LedgerTime(clock).now()).toBe(clock.now())
})
