import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Ledger } from '../src/core/ledger.js'
import { postgresLedger } from '../src/ledger/postgres/ledger.js'
import { freshDatabase, type TestDatabase } from './database.js'

/** A claimer stops at its first look at the clock, its statement's snapshot taken, for as long as the test holds the lock. */
const GATED_CLOCK = `
  create or replace function midwatch.clock_ms() returns bigint language plpgsql volatile as $$
  begin
    if current_setting('application_name') = 'claimer' then perform pg_advisory_xact_lock_shared(7218, 1); end if;
    return floor(extract(epoch from clock_timestamp()) * 1000)::bigint;
  end $$`
const GATED = `select from pg_locks where classid = 7218 and not granted`

let database: TestDatabase
let referee: pg.Client
let sender: Ledger
let claimer: Ledger

beforeAll(async () => {
  database = await freshDatabase()
  referee = new pg.Client(database.url)
  await referee.connect()
  await referee.query(GATED_CLOCK)
  sender = await postgresLedger({ url: database.url })
  claimer = await postgresLedger({ url: `${database.url}?application_name=claimer` })
})

afterAll(async () => {
  await Promise.all([sender.close(), claimer.close(), referee.end()])
  await database.drop()
})

it('the first run of a new agent, admitted while a claim has begun, is claimed and answered, or neither', async () => {
  const pin = { agent: 'new', version: 1, fingerprint: 'f' }
  const serves = ['new@1#f']
  const { workerId } = await claimer.workers.register({ name: 'w', leaseMs: 60_000, serves, queues: ['q'] })
  await referee.query('select pg_advisory_lock(7218, 1)')
  const claiming = claimer.claim({ workerId, limit: 1 })
  while ((await referee.query(GATED)).rowCount === 0) await new Promise((look) => setImmediate(look))
  const none = { key: null, session: null, principal: null, origin: null }
  const body = { body: '{}', salt: 's', inputDigest: 'd' }
  const admission = {
    ...pin,
    ...none,
    ...body,
    runId: 'r',
    tenant: 't',
    queue: 'q',
    deadlineMs: 60_000,
    meters: ['usd'],
  }
  await sender.admit(admission)
  await referee.query('select pg_advisory_unlock(7218, 1)')
  const claimed = await claiming
  expect((await sender.run({ runId: 'r' }))?.state).toBe('running')
  expect(claimed.map((one) => [one.run.runId, one.run.fingerprint])).toEqual([['r', 'f']])
})
