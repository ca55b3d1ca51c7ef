import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { migrate } from './migrate.js'
import { connected, onServer, within } from './on-server.js'

/** How a rehearsal's time goes: at `sinceMs` of the machine's clock it was `atMs`, and it goes `speed` times as fast. */
export interface Pace {
  readonly atMs: number
  readonly sinceMs: number
  readonly speed: number
}

/** A database for one case, whose clock the rehearsal sets. */
export interface RehearsalDatabase {
  readonly url: string
  setPace(pace: Pace): Promise<void>
  drop(): Promise<void>
}

/** Databases of a rehearsal on one server: none is there before, none is left afterwards. */
export interface RehearsalDatabases {
  fresh(pace: Pace): Promise<RehearsalDatabase>
  close(): Promise<void>
}

/** No lease ends early for the server's own start: the case began when it says. */
const CLOCK = `
  create schema midwatch_rehearsal;
  create table midwatch_rehearsal.pace (at_ms float8 not null, since_ms float8 not null, speed float8 not null);
  insert into midwatch_rehearsal.pace values (0, 0, 1);
  create or replace function midwatch.clock_ms() returns bigint language sql volatile as $$
    select floor(at_ms + (extract(epoch from clock_timestamp()) * 1000 - since_ms) * speed)::bigint
      from midwatch_rehearsal.pace
  $$;
  create or replace function midwatch.started_ms() returns bigint language sql volatile as $$ select 0::bigint $$`

/** Left behind by a rehearsal that was killed outright: an hour old, and nobody in it. */
const STRAYS = `
  select datname as name from pg_database d
   where datname ~ '^midwatch_rehearsal_[0-9]+_[0-9a-f]+$'
     and split_part(datname, '_', 3)::bigint < extract(epoch from clock_timestamp()) - 3600
     and not exists (select from pg_stat_activity a where a.datname = d.datname)`

/** Migrates a first one, of which the others are copies. Throws what connecting throws. */
export async function rehearsalDatabases(server: string): Promise<RehearsalDatabases> {
  await onServer(server, sweep)
  const template = await make(server, `template template0 encoding 'UTF8' locale 'C'`)
  await migrate({ url: within(server, template) })
  await onServer(within(server, template), (client) => client.query(CLOCK))
  return {
    fresh: async (pace) => opened(server, await make(server, `template ${template} strategy wal_log`), pace),
    close: () => drop(server, template),
  }
}

async function sweep(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(STRAYS)
  // Another rehearsal may be at it.
  for (const { name } of rows) await client.query(`drop database if exists ${name}`).catch(() => undefined)
}

async function make(server: string, how: string): Promise<string> {
  const name = `midwatch_rehearsal_${Math.floor(Date.now() / 1_000)}_${randomBytes(6).toString('hex')}`
  await onServer(server, (client) => client.query(`create database ${name} ${how}`))
  return name
}

async function opened(server: string, name: string, pace: Pace): Promise<RehearsalDatabase> {
  const url = within(server, name)
  const client = await connected(url)
  const setPace = async ({ atMs, sinceMs, speed }: Pace) => {
    await client.query('update midwatch_rehearsal.pace set at_ms = $1, since_ms = $2, speed = $3', [
      atMs,
      sinceMs,
      speed,
    ])
  }
  await setPace(pace)
  const close = async () => {
    await client.end()
    await drop(server, name)
  }
  return { url, setPace, drop: close }
}

function drop(server: string, name: string): Promise<void> {
  return onServer(server, async (client) => {
    await client.query(`drop database if exists ${name} with (force)`)
  })
}
