import pg from 'pg'
import type { Ledger } from '../../src/core/ledger.js'
import { memoryLedger } from '../../src/ledger/memory/ledger.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { freshDatabase } from '../database.js'
import type { LedgerKind } from '../runtime-on.js'

/** A ledger whose clock runs as real time does, and can be put forward. */
export interface ClockedLedger {
  readonly ledger: Ledger
  /** For processes of their own; null in memory. */
  readonly url: string | null
  jump(ms: number): Promise<void>
  close(): Promise<void>
}

/** The ledger's time is the system's plus what was jumped. No lease expires early for the server's own start. */
const RUNNING_CLOCK = `
  create schema midwatch_test;
  create table midwatch_test.ahead (ms bigint not null);
  insert into midwatch_test.ahead values (0);
  create or replace function midwatch.clock_ms() returns bigint language sql volatile as $$
    select floor(extract(epoch from clock_timestamp()) * 1000)::bigint + (select ms from midwatch_test.ahead)
  $$;
  create or replace function midwatch.started_ms() returns bigint language sql volatile as 'select 0::bigint'`

export function clockedLedger(kind: LedgerKind): Promise<ClockedLedger> {
  return kind === 'memory' ? inMemory() : inPostgres()
}

async function inMemory(): Promise<ClockedLedger> {
  let aheadMs = 0
  const jump = async (ms: number) => {
    aheadMs += ms
  }
  const ledger = memoryLedger({ clock: { now: () => Date.now() + aheadMs } })
  return { ledger, url: null, jump, close: () => ledger.close() }
}

async function inPostgres(): Promise<ClockedLedger> {
  const database = await freshDatabase()
  const client = new pg.Client({ connectionString: database.url })
  client.on('error', () => undefined)
  await client.connect()
  await client.query(RUNNING_CLOCK)
  const ledger = await postgresLedger({ url: database.url })
  const jump = async (ms: number) => {
    await client.query('update midwatch_test.ahead set ms = ms + $1', [ms])
  }
  const close = async () => {
    await ledger.close()
    await client.end()
    await database.drop()
  }
  return { ledger, url: database.url, jump, close }
}
