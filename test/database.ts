import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { migrate } from '../src/ledger/postgres/migrate.js'
import { connected, onServer, within } from '../src/ledger/postgres/on-server.js'

/** A database of its own, migrated, with a clock that a test may stop. */
export interface TestDatabase {
  readonly url: string
  /** Stops the ledger's clock at `ms`, or lets it run again. No lease expires early for the server's own start meanwhile. */
  setClock(ms: number | null): Promise<void>
  drop(): Promise<void>
}

const TEMPLATE_TURN = 'select pg_advisory_lock(7216, 1)'

/** The clock reads its row anew in each statement, as the real one does. */
const CLOCK = `
  create schema midwatch_test;
  create table midwatch_test.clock (now_ms bigint);
  insert into midwatch_test.clock values (null);
  create or replace function midwatch.clock_ms() returns bigint language sql volatile as $$
    select coalesce((select now_ms from midwatch_test.clock), floor(extract(epoch from clock_timestamp()) * 1000)::bigint)
  $$;
  create or replace function midwatch.started_ms() returns bigint language sql volatile as $$
    select case when (select now_ms from midwatch_test.clock) is null
      then floor(extract(epoch from pg_postmaster_start_time()) * 1000)::bigint else 0 end
  $$`

/** A fresh database, copied from one that is migrated once for each state of `sql/`. Needs MIDWATCH_TEST_URL. */
export async function freshDatabase(): Promise<TestDatabase> {
  const server = process.env.MIDWATCH_TEST_URL
  if (!server) throw new Error('MIDWATCH_TEST_URL is not set; vitest sets it in test/global-postgres.ts')
  const template = await ensureTemplate(server)
  const name = `midwatch_${process.pid}_${randomBytes(4).toString('hex')}`
  await onServer(server, (client) => copyTemplate(client, name, template))
  const url = within(server, name)
  const clock = await connected(url)
  // By its secret a worker knows a ledger again: a copy would be taken for another one that went back.
  await clock.query('update midwatch.ledger set secret = $1', [randomBytes(32).toString('hex')])
  return {
    url,
    setClock: (ms) => setClock(clock, ms),
    drop: async () => {
      await clock.end()
      await onServer(server, async (client) => {
        await client.query(`drop database if exists ${name} with (force)`)
      })
    },
  }
}

async function setClock(client: pg.Client, ms: number | null): Promise<void> {
  const { rows } = await client.query(`select to_regclass('midwatch_test.clock') as clock`)
  if (rows[0].clock === null) await client.query(CLOCK)
  await client.query('update midwatch_test.clock set now_ms = $1', [ms])
}

/** One at a time makes the template; the name says which files it was made of. */
async function ensureTemplate(server: string): Promise<string> {
  const name = `midwatch_template_${contentHash()}`
  await onServer(server, async (client) => {
    await client.query(TEMPLATE_TURN)
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
    if (rowCount) return
    const making = `${name}_making`
    await client.query(`drop database if exists ${making} with (force)`)
    await client.query(`create database ${making} template template0 encoding 'UTF8' locale 'C'`)
    await migrate({ url: within(server, making) })
    await client.query(`alter database ${making} rename to ${name}`)
  })
  return name
}

/** Copying wants nobody connected to the template; another copy or a departing connection may be for a moment. */
async function copyTemplate(client: pg.Client, name: string, template: string): Promise<void> {
  await client.query(TEMPLATE_TURN)
  await client.query(`create database ${name} template ${template} strategy wal_log`)
}

function contentHash(): string {
  const hash = createHash('sha256')
  for (const folder of ['migrations', 'functions']) {
    const path = join(import.meta.dirname, '..', 'sql', folder)
    for (const file of readdirSync(path).sort()) {
      if (statSync(join(path, file)).isFile()) hash.update(file).update(readFileSync(join(path, file)))
    }
  }
  return hash.digest('hex').slice(0, 16)
}
