import pg from 'pg'
import type { Ledger } from '../../src/core/ledger.js'
import { memoryLedger } from '../../src/ledger/memory/ledger.js'
import { apply } from '../../src/ledger/postgres/apply.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { clientConfig } from '../../src/ledger/postgres/pool.js'
import { freshDatabase } from '../database.js'
import { DAWN_MS } from '../ledger-model/night.js'

/** A ledger that can be compared with others to which the same was done in the same order. */
export interface Side {
  readonly ledger: Ledger
  setClock(ms: number): Promise<void>
  /** How many strides were taken at one stroke so far. */
  taken(): Promise<number>
  close(): Promise<void>
}

export async function inMemory(): Promise<Side> {
  let now = DAWN_MS
  const ledger = memoryLedger({ clock: { now: () => now } })
  const setClock = async (ms: number) => {
    now = ms
  }
  return { ledger, setClock, taken: async () => 0, close: () => ledger.close() }
}

/** A database of its own. Its ops go over one connection, which counts the strides, or takes none. */
export async function inPostgres(strides: 'taken' | 'one by one'): Promise<Side> {
  const database = await freshDatabase()
  const whole = await postgresLedger({ url: database.url })
  const client = new pg.Client(clientConfig(database.url))
  await client.connect()
  await client.query(`set midwatch.strides_taken to '0'`)
  if (strides === 'one by one') await client.query('set midwatch.one_by_one to on')
  const attempt = async (text: string, values: readonly unknown[]) => (await client.query(text, [...values])).rows
  const row = async (text: string) => (await client.query(text)).rows[0]
  const ledger: Ledger = { ...whole, apply: (ops) => apply({ attempt, row }, ops) }
  return {
    ledger,
    setClock: (ms) => database.setClock(ms),
    taken: async () => Number((await row(`select current_setting('midwatch.strides_taken') as taken`)).taken),
    async close() {
      await client.end()
      await whole.close()
      await database.drop()
    },
  }
}
