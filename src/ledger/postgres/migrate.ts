import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { MidwatchError } from '../../core/errors.js'
import { faultOf } from './faults.js'
import type { Database } from './pool.js'
import { clientConfig } from './pool.js'
import { isPooled } from './pooler.js'
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

/** Whoever comes after a migration that waits for a table waits, too: it lets go soon, and tries again. */
const LOCK_MS = 1_000
const TRIES = 60

const NO_SCHEMA = new Set(['3F000', '42P01'])
const NOT_ALLOWED = '42501'
const LOCKED = '55P03'

/**
 * Brings the schema of the database up to this version; safe with several at once, and nothing to do is nothing done.
 * Throws `ledger_schema_newer` when a later version was here, `ledger_refused` when a migration that ran was changed since.
 */
export async function migrate(p: { readonly url: string }): Promise<{ readonly applied: readonly string[] }> {
  const client = new pg.Client(clientConfig(p.url))
  client.on('error', () => undefined)
  let lacking: string | undefined = 'the right to see it'
  try {
    await client.connect()
    const before = await bookedSoFar(client)
    lacking = unapplied(before, migrations()).at(0)?.name
    if (lacking === undefined && before.get(FUNCTIONS) === functions().checksum) return { applied: [] }
    if (await isPooled(client)) throw throughPooler()
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
    if (codeOf(error) !== NOT_ALLOWED) throw faultOf(error)
    // The role of the runtime: it works with what the owner put there, as long as nothing is missing.
    if (lacking === undefined) return { applied: [] }
    throw older(lacking)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Throws unless the schema is the one that this version knows: the runtime never migrates by itself. */
export async function checkSchema(database: Database): Promise<void> {
  const rows = await database.rows('select version, checksum from midwatch.migration')
  const known = new Map(rows.map((row) => [Number(row.version), String(row.checksum)]))
  const [missing] = unapplied(known, migrations())
  if (missing) throw older(missing.name)
}

const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown } | null)?.code

const older = (lacks: string) =>
  new MidwatchError('ledger_schema_older', `The schema lacks ${lacks}; migrate it as its owner.`)

const throughPooler = () =>
  new MidwatchError(
    'ledger_refused',
    'The schema must be migrated, and a pooler stands between, which does not keep the lock of whoever migrates; set DATABASE_DIRECT_URL (directUrl) to a url that leads to the database itself.',
  )

/** Empty where there is no schema yet. Nothing is locked, and any role of the runtime may look. */
async function bookedSoFar(client: pg.Client): Promise<Map<number, string>> {
  try {
    return await booked(client)
  } catch (error) {
    if (NO_SCHEMA.has(String(codeOf(error)))) return new Map()
    throw error
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

/** Once, however often it has to let others go first. Throws `ledger_refused` when a table was not to be had for two minutes. */
async function applyOnce(client: pg.Client, file: SqlFile, version: number): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await applyNow(client, file, version)
      return
    } catch (error) {
      if (codeOf(error) !== LOCKED) throw error
      await client.query('rollback')
      if (tries === TRIES) throw heldByOthers(file)
      await delay(LOCK_MS)
    }
  }
}

const heldByOthers = ({ name }: SqlFile) =>
  new MidwatchError(
    'ledger_refused',
    `${name} waits for a table that another transaction holds, such as a dump's; migrate again when that is over.`,
  )

/** The file and its line in the book, or neither. */
async function applyNow(client: pg.Client, file: SqlFile, version: number): Promise<void> {
  await client.query('begin')
  await client.query(`set local lock_timeout to ${LOCK_MS}`)
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
