import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Fleet } from './fleet.js'
import { compared } from './outage.js'

it('a dead provider is asked a twentieth at most, over two workers, and comes back by itself', {
  timeout: 90_000,
}, async () => {
  const { bare, contained, fall } = await compared({ perSecond: 25, windowS: 2, countedMs: 2_000 })
  expect(bare.requests).toBeGreaterThan(50)
  expect(fall).toBeGreaterThanOrEqual(0.95)
  // Without a breaker runs fail, each by itself; with it they wait.
  expect(bare.ends.failed).toBeGreaterThan(contained.ends.failed ?? 0)
  expect([bare.violations, contained.violations]).toEqual([0, 0])
})

it('a lane of two holds two over all workers, and a dead worker’s place is free again', {
  timeout: 60_000,
}, async () => {
  const fleet = await Fleet.open(false, 150)
  try {
    await fleet.startHolding(16)
    while (fleet.held.now < 2) await setTimeout(5)
    fleet.workers[0]?.kill('SIGKILL')
    expect(await fleet.ended()).toEqual({ completed: 16 })
    expect(fleet.held.most).toBe(2)
    const lane = (await fleet.ledger.meters({ scope: 'fleet' })).find(({ meter }) => meter === 'lane:narrow')
    expect(lane).toMatchObject({ used: 0, reserved: 0 })
    expect(await fleet.violations()).toEqual([])
  } finally {
    await fleet.close()
  }
})
