import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { memoryLedger } from '../../src/ledger/memory/ledger.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { freshDatabase, type TestDatabase } from '../database.js'
import { type Side, sideOf } from './pair.js'

const SLICE_MS = 12_000
const { MIDWATCH_MODEL_RUNS: runs, MIDWATCH_MODEL_SEED: seed } = process.env

/** For a long proof: how many nights, and the seed to play again; the slice has one seed and little time. */
export const amountOf = (numRuns: number) =>
  runs
    ? { numRuns: Number(runs), ...(seed && { seed: Number(seed) }) }
    : { numRuns, seed: Number(seed ?? 11), interruptAfterTimeLimit: SLICE_MS }
export const timeout = runs ? 86_400_000 : 120_000

/** Stages for nights on both ledgers: the one in memory new each time, that in PostgreSQL swept by `clear` before each. */
export function twoLedgers(clear: string): () => Promise<{ one: Side; other: Side; mark: string }> {
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
  return async () => {
    nights += 1
    await broom.query(clear)
    let now = 0
    const memory = memoryLedger({ clock: { now: () => now } })
    const one = await sideOf('memory', memory, async (ms) => {
      now = ms
    })
    const other = await sideOf('PostgreSQL', postgres, (ms) => database.setClock(ms))
    return { one, other, mark: `n${nights}` }
  }
}
