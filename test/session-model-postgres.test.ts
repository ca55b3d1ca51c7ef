import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { memoryLedger } from '../src/ledger/memory/ledger.js'
import { postgresLedger } from '../src/ledger/postgres/ledger.js'
import type { TestDatabase } from './database.js'
import { freshDatabase } from './database.js'
import { type Side, sideOf } from './ledger-model/pair.js'
import { workedAlike } from './ledger-model/session-play.js'

/** For a long proof: how many nights, and the seed to play again; the slice has one seed and little time. */
const { MIDWATCH_MODEL_RUNS: runs, MIDWATCH_MODEL_SEED: seed } = process.env
const amount = runs
  ? { numRuns: Number(runs), ...(seed && { seed: Number(seed) }) }
  : { numRuns: 25, seed: Number(seed ?? 11), interruptAfterTimeLimit: 20_000 }

/** Everything that a night leaves; a sweep, a pruning or a look for gaps of the next would find it. */
const CLEAR = 'truncate midwatch.run, midwatch.session, midwatch.entry, midwatch.mail, midwatch.notice'

describe('sessions on the memory ledger and on PostgreSQL', () => {
  let database: TestDatabase
  let postgres: Awaited<ReturnType<typeof postgresLedger>>
  let broom: pg.Client
  let nights = 0

  beforeAll(async () => {
    database = await freshDatabase()
    postgres = await postgresLedger({ url: database.url })
    broom = new pg.Client({ connectionString: database.url })
    await broom.connect()
  })
  afterAll(async () => {
    await broom?.end()
    await postgres?.close()
    await database?.drop()
  })

  const inMemory = (): Promise<Side> => {
    let now = 0
    return sideOf('memory', memoryLedger({ clock: { now: () => now } }), async (ms) => {
      now = ms
    })
  }

  it('are answered alike and leave the same behind', { timeout: runs ? 86_400_000 : 120_000 }, async () => {
    const stage = async () => {
      nights += 1
      await broom.query(CLEAR)
      const other = await sideOf('PostgreSQL', postgres, (ms) => database.setClock(ms))
      return { one: await inMemory(), other, mark: `n${nights}` }
    }
    await fc.assert(workedAlike(stage), amount)
  })
})
