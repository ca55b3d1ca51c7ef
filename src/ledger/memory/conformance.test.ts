import { ledgerConformance } from '../../testing/ledger-conformance.js'
import { memoryLedger } from './ledger.js'

ledgerConformance('memory ledger', async () => {
  let now = Date.UTC(2026, 0, 31, 12)
  const ledger = memoryLedger({ clock: { now: () => now } })
  return {
    ledger,
    advance: async (ms) => {
      now += ms
    },
    close: () => ledger.close(),
  }
})
