import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Fleet } from './fleet.js'
import { counted } from './outage.js'

it('a dead provider is asked a twentieth at most, over two workers, and comes back by itself', {
  timeout: 120_000,
}, async () => {
  const { bare, contained } = await counted(80)
  // Each run makes three attempts.
  expect(bare).toBe(240)
  expect(contained).toBeGreaterThan(0)
  expect(contained / bare).toBeLessThanOrEqual(0.05)
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
