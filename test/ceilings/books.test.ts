import { expect, it } from 'vitest'
import { memoryLedger } from '../../src/ledger/memory/ledger.js'
import { sharedCharge } from '../../src/testing/conformance/hand.js'
import { Scene } from '../../src/testing/conformance/scene.js'
import { recount } from './books.js'

const HOUR_MS = 3_600_000

it('counts each window of a meter by itself, so that an hour may turn while it is spent', async () => {
  let now = Date.UTC(2026, 0, 31, 15, 59)
  const ledger = memoryLedger({ clock: { now: () => now } })
  const scene = new Scene({ ledger, advance: async () => undefined, close: async () => undefined })
  const hand = await scene.claim(await scene.worker({ leaseMs: HOUR_MS }), await scene.admit())
  const hourly = (amount: number) => sharedCharge('fleet', amount, 10, { per: 'hour' })
  const before = now - (now % HOUR_MS)
  const first = await hand.must(hand.begin({ charges: [hourly(3)] }))
  now += 120_000
  await hand.must(hand.settle(first, { used: [3] }))
  const other = await hand.must(hand.begin({ charges: [hourly(4)] }))
  await hand.must(hand.settle(other, { used: [4] }))
  await hand.must(hand.begin({ charges: [hourly(5)] }))

  const { meters, wrong } = await recount(ledger, [hand.runId])
  expect(wrong).toEqual([])
  expect(meters.get(`fleet usd hour ${before}`)).toMatchObject({ grants: 1, most: 3, settled: 3, open: 0 })
  expect(meters.get(`fleet usd hour ${before + HOUR_MS}`)).toMatchObject({ grants: 2, most: 9, settled: 4, open: 5 })
  // What a journal does not say is noticed.
  expect((await recount(ledger, [])).wrong).toHaveLength(2)
})
