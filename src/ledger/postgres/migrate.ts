import pg from 'pg'
import { MidwatchError } from '../../core/errors.js'
import { faultOf } from './faults.js'
import type { Database } from './pool.js'
import { clientConfig } from './pool.js'
import { RUNTIME_ROLE } from './roles.js'
import type { Migration, SqlFile } from './sql-files.js'
import { functions, migrations } from './sql-files.js'

/** Two that migrate at once take turns by this advisory lock. */
const TURN = 'select pg_advisory_lock(19801, 0)'

const BOOK = `
  create schema if not exists midwatch;
  create table if not exists midwatch.migration (
    version integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now()
  )`

/** New tables are granted to the runtime's role where there is one. */
const GRANT = 'select midwatch.grant_runtime(rolname) from pg_roles where rolname = $1'

/** The row that remembers which functions stand; migrations count from 1. */
const FUNCTIONS = 0

/**
 * Brings the schema of the database up to this version; safe with several at once, and nothing to do is nothing done.
 * Throws `ledger_schema_newer` when a later version was here, `ledger_refused` when a migration that ran was changed since.
 */
export async function migrate(p: { readonly url: string }): Promise<{ readonly applied: readonly string[] }> {
  const client = new pg.Client(clientConfig(p.url))
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query(TURN)
    await client.query(BOOK)
    const known = await booked(client)
    const missing = unapplied(known, migrations())
    for (const one of missing) await applyOnce(client, one, one.version)
    const stale = known.get(FUNCTIONS) !== functions().checksum || missing.length > 0
    if (stale) await applyOnce(client, functions(), FUNCTIONS)
    if (stale) await client.query(GRANT, [RUNTIME_ROLE])
    return { applied: missing.map((one) => one.name) }
  } catch (error) {
    throw faultOf(error)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Throws unless the schema is the one that this version knows: the runtime never migrates by itself. */
export async function checkSchema(database: Database): Promise<void> {
  const rows = await database.rows('select version, checksum from midwatch.migration')
  const known = new Map(rows.map((row) => [Number(row.version), String(row.checksum)]))
  const [missing] = unapplied(known, migrations())
  if (missing) {
    throw new MidwatchError('ledger_schema_older', `The schema lacks ${missing.name}; migrate it as its owner.`)
  }
}

async function booked(client: pg.Client): Promise<Map<number, string>> {
  const { rows } = await client.query('select version, checksum from midwatch.migration')
  return new Map(rows.map((row) => [row.version, row.checksum]))
}

function unapplied(known: ReadonlyMap<number, string>, all: readonly Migration[]): Migration[] {
  const last = all.at(-1)?.version ?? 0
  const newest = Math.max(0, ...known.keys())
  if (newest > last) {
    const said = `The schema is at version ${newest}, this program knows ${last}; use the newer program.`
    throw new MidwatchError('ledger_schema_newer', said)
  }
  for (const { version, checksum, name } of all) {
    const was = known.get(version)
    if (was !== undefined && was !== checksum) {
      throw new MidwatchError('ledger_refused', `Migration ${name} is not the one that was applied to this database.`)
    }
  }
  return all.filter(({ version }) => !known.has(version))
}

/** The file and its line in the book, or neither. */
async function applyOnce(client: pg.Client, file: SqlFile, version: number): Promise<void> {
  await client.query('begin')
  // Functions name each other and are made in the order of the alphabet.
  await client.query('set local check_function_bodies to off')
  await client.query(file.text)
  await client.query(
    `insert into midwatch.migration (version, name, checksum) values ($1, $2, $3)
     on conflict (version) do update set checksum = excluded.checksum, applied_at = now()`,
    [version, file.name, file.checksum],
  )
  await client.query('commit')
}
