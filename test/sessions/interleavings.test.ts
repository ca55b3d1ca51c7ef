import fc from 'fast-check'
import { it } from 'vitest'
import { LEDGERS, openLedger } from '../runtime-on.js'
import { nights, playNight } from './interleavings.js'

const RUNS = { memory: Number(process.env.MIDWATCH_SESSION_NIGHTS ?? 10), postgres: 3 } as const

it.each(LEDGERS)(
  'every accepted message is worked once and in order, whatever comes between, on the %s ledger',
  async (kind) => {
    const property = fc.asyncProperty(nights, async (night) => {
      const { ledger, close } = await openLedger(kind)
      try {
        await playNight(ledger, night)
      } finally {
        await close()
      }
    })
    await fc.assert(property, { numRuns: RUNS[kind], seed: 11, endOnFailure: true })
  },
  120_000,
)
