import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { memoryLedger } from '../src/ledger/memory/ledger.js'
import { postgresLedger } from '../src/ledger/postgres/ledger.js'
import type { TestDatabase } from './database.js'
import { freshDatabase } from './database.js'
import type { Side } from './ledger-model/pair.js'
import { sideOf } from './ledger-model/pair.js'
import { answeredAlike } from './ledger-model/play.js'

/** For the long proof: how many nights, and the seed to play again; the slice has one seed and little time. */
const { MIDWATCH_MODEL_RUNS: runs, MIDWATCH_MODEL_SEED: seed } = process.env
const SLICE_MS = 20_000
const amount = runs
  ? { numRuns: Number(runs), ...(seed && { seed: Number(seed) }) }
  : { numRuns: 40, seed: Number(seed ?? 11), interruptAfterTimeLimit: SLICE_MS }

describe('the memory ledger and PostgreSQL', () => {
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
    const ledger = memoryLedger({ clock: { now: () => now } })
    return sideOf('memory', ledger, async (ms) => {
      now = ms
    })
  }

  it('answer alike and leave the same behind', { timeout: runs ? 86_400_000 : 120_000 }, async () => {
    const stage = async () => {
      nights += 1
      // A sweep of the fleet would find the runs that the night before left waiting.
      await broom.query('delete from midwatch.run')
      const other = await sideOf('PostgreSQL', postgres, (ms) => database.setClock(ms))
      return { one: await inMemory(), other, mark: `n${nights}` }
    }
    await fc.assert(answeredAlike(stage), amount)
  })
})
