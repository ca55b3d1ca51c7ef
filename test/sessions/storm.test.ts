import { expect, it } from 'vitest'
import { storm } from './storm.js'

it('messages that come twice and shuffled are worked once and in order, though workers are killed', async () => {
  const plan = { seed: 7, sessions: 6, messages: 8, senders: 4, workers: 2, killEveryMs: 900, withinMs: 60_000 }
  const { wrong, deliveries } = await storm(plan)
  expect(wrong).toEqual([])
  expect(deliveries).toBeGreaterThanOrEqual(2 * 6 * 8)
}, 90_000)
