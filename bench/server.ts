import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { embeddedPostgres } from '../src/ledger/embedded/embedded.js'

/** One PostgreSQL for all contenders. */
export interface Server {
  readonly version: string
  readonly postmasterPid: number
  /** Settings that speed and durability hang on, as `name=value`. */
  readonly settings: string
  /** A new, empty database; where it is. */
  database(name: string): Promise<string>
  /** Drops the databases of contenders that are done, and writes out what is dirty: neither may fall into the next one's time. */
  clear(): Promise<void>
  /** Waits until no autovacuum is at work, a minute at most: what one contender left would fall into another one's pass. */
  calm(): Promise<void>
  close(): Promise<void>
}

const CALM_MS = 60_000
const SHOWN = ['fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'max_wal_size']

/** Starts the embedded PostgreSQL 18, with the durability that it has by default. */
export async function openServer(home: string): Promise<Server> {
  const embedded = await embeddedPostgres({ home })
  try {
    const version = await readValue(embedded.url, 'select split_part(version(), $1, 2) as value', [' '])
    const pid = await readValue(embedded.url, "select split_part(pg_read_file('postmaster.pid'), $1, 1) as value", [
      '\n',
    ])
    const settings = await readValue(
      embedded.url,
      `select string_agg(name || '=' || current_setting(name), ', ' order by name) as value
         from pg_settings where name = any($1)`,
      [SHOWN],
    )
    return {
      version,
      settings,
      postmasterPid: Number(pid),
      database: (name) => freshDatabase(embedded.url, name),
      clear: () => clearDatabases(embedded.url),
      calm: () => calm(embedded.url),
      close: () => embedded.stop(),
    }
  } catch (error) {
    await embedded.stop()
    throw error
  }
}

async function freshDatabase(url: string, name: string): Promise<string> {
  await readValue(url, `drop database if exists "${name}" with (force)`)
  await readValue(url, `create database "${name}" template template0`)
  const made = new URL(url)
  made.pathname = `/${name}`
  return made.href
}

async function clearDatabases(url: string): Promise<void> {
  const LEFT = "select coalesce(string_agg(datname, ','), '') as value from pg_database where datname like 'bench\\_%'"
  const names = (await readValue(url, LEFT)).split(',').filter((name) => name !== '')
  for (const name of names) await readValue(url, `drop database if exists "${name}" with (force)`)
  await readValue(url, 'checkpoint')
}

async function calm(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const until = performance.now() + CALM_MS
    while (performance.now() < until) {
      const { rows } = await client.query(
        "select 1 from pg_stat_activity where backend_type = 'autovacuum worker' limit 1",
      )
      if (rows.length === 0) return
      await pause(100)
    }
  } finally {
    await client.end()
  }
}

/** The column `value` of the first row, as text. */
export async function readValue(url: string, text: string, values: readonly unknown[] = []): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query(text, [...values])
    return String(rows[0]?.value ?? '')
  } finally {
    await client.end()
  }
}
