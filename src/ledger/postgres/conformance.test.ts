import { freshDatabase } from '../../../test/database.js'
import { LEDGER_CHAPTERS, ledgerConformance } from '../../testing/ledger-conformance.js'
import { postgresLedger } from './ledger.js'

const TO_COME = ['what a session keeps', 'messages while a run is active', 'messages that are taken in']
const LATER = [...TO_COME, 'numbered messages', 'pruning']
const chapters = LEDGER_CHAPTERS.filter(({ noun }) => !LATER.includes(noun))

const open = async () => {
  const database = await freshDatabase()
  let now = Date.UTC(2026, 0, 31, 12)
  await database.setClock(now)
  const ledger = await postgresLedger({ url: database.url })
  return {
    ledger,
    advance: async (ms: number) => {
      now += ms
      await database.setClock(now)
    },
    close: async () => {
      await ledger.close()
      await database.drop()
    },
  }
}

ledgerConformance('PostgreSQL ledger', open, chapters)
