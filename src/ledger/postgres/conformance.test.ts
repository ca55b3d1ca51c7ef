import { freshDatabase } from '../../../test/database.js'
import { ledgerConformance } from '../../testing/ledger-conformance.js'
import { postgresLedger } from './ledger.js'

ledgerConformance('PostgreSQL ledger', async () => {
  const database = await freshDatabase()
  let now = Date.UTC(2026, 0, 31, 12)
  await database.setClock(now)
  const ledger = await postgresLedger({ url: database.url })
  return {
    ledger,
    advance: async (ms) => {
      now += ms
      await database.setClock(now)
    },
    close: async () => {
      await ledger.close()
      await database.drop()
    },
  }
})
