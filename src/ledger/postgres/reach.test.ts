import type pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freshDatabase, type TestDatabase } from '../../../test/database.js'
import type { Ledger } from '../../core/ledger.js'
import { childOf } from '../../testing/conformance/children.js'
import { Scene } from '../../testing/conformance/scene.js'
import { postgresLedger } from './ledger.js'
import { connected } from './on-server.js'
import type { Database } from './pool.js'
import { readsOf } from './reads.js'
import { APPLY, batchOf } from './strides.js'

const MANY = 3_000
/** Pages that one look may touch: the many runs are more than a thousand of them. */
const FEW = 500

let database: TestDatabase
let ledger: Ledger
let client: pg.Client
let s: Scene

beforeAll(async () => {
  database = await freshDatabase()
  ledger = await postgresLedger({ url: database.url })
  client = await connected(database.url)
  s = new Scene({ ledger, advance: async () => undefined, close: async () => undefined })
})
afterAll(async () => {
  await client?.end()
  await ledger?.close()
  await database?.drop()
})

/** Puts many runs like this one beside it: `set` gives what differs, of `n` from 2 on. */
async function multiply(runId: string, set: string): Promise<void> {
  await client.query(
    `insert into midwatch.run select (jsonb_populate_record(g, jsonb_build_object('run_id', g.run_id || '-' || n, 'key', null) || ${set})).*
       from midwatch.run g, generate_series(2, ${MANY}) n where g.run_id = $1`,
    [runId],
  )
  await client.query('analyze midwatch.run')
}

/** How many pages a statement touches, with all that its functions do; what it does is undone. */
async function touched(text: string, values: unknown[]): Promise<number> {
  await client.query('begin')
  await client.query(`explain analyze ${text}`, values)
  await client.query('rollback')
  await client.query('begin')
  const { rows } = await client.query(`explain (analyze, buffers, format json) ${text}`, values)
  await client.query('rollback')
  const { Plan: plan } = rows[0]['QUERY PLAN'][0]
  return plan['Shared Hit Blocks'] + plan['Shared Read Blocks']
}

/** A session in which very many messages were worked, one is, and one waits. */
async function longSession(session: string) {
  const workerId = await s.worker()
  const first = await s.held({ session })
  await first.must(first.end())
  await multiply(first.runId, `jsonb_build_object('session_no', n)`)
  await client.query('update midwatch.session set last_no = $2, turn_no = $2 where session = $1', [session, MANY])
  const hand = await s.claim(workerId, await s.admit({ session }))
  await s.admit({ session })
  return hand
}

const NEXT = `select midwatch.next_of_session($1, 'end', $2, 0)`

it('the end of a run finds the next of its session without a look at those that have ended', async () => {
  const hand = await longSession('end')
  expect(await touched(APPLY, batchOf([hand.end()]))).toBeLessThan(FEW)
  expect(await touched(NEXT, [s.tenant, [hand.runId]])).toBeLessThan(FEW)
})

const ADMIT = 'select * from midwatch.admit($1, $2)'

it('runs are replaced, and numbers given up, without a look at those that have ended', async () => {
  const hand = await longSession('pass')
  const { body, ...head } = s.admission({ session: 'pass', whileBusy: 'replace' })
  expect(await touched(ADMIT, [JSON.stringify(head), body])).toBeLessThan(FEW)
  await hand.must(hand.end())
  await client.query(
    `update midwatch.session set active = null, gap_due_at = 0, turn_no = turn_no - 1 where session = 'pass'`,
  )
  expect(await touched('select midwatch.pass_gaps(10)', [])).toBeLessThan(FEW)
})

it('a message that waits behind a gap does not count all that wait with it', async () => {
  const waiting = await s.admit({ session: 'gap', sequence: 2 })
  await multiply(waiting, `jsonb_build_object('session_no', n + 1)`)
  await client.query(`update midwatch.session set last_no = ${MANY + 1} where session = 'gap'`)
  const { body, ...head } = s.admission({ session: 'gap', sequence: MANY + 2 })
  expect(await touched(ADMIT, [JSON.stringify({ ...head, gapMs: 1 }), body])).toBeLessThan(FEW)
})

it('a page of a large group is read without the rest of it', async () => {
  const parent = await s.held()
  const first = await s.admit({ ...childOf(parent, 'map'), group: { atOnce: 1, no: 1 } })
  await multiply(first, `jsonb_build_object('group_no', n)`)
  const after = `${first}-1500`
  const found = await ledger.children({ runId: parent.runId, step: 'map', limit: 10, after })
  expect(found.map(({ groupNo }) => groupNo)).toEqual(Array.from({ length: 10 }, (_, i) => 1_501 + i))
  let pages = 0
  const rows = async (text: string, values: unknown[]) => {
    pages = await touched(text, values)
    return []
  }
  await readsOf({ rows } as unknown as Database).children({ runId: parent.runId, step: 'map', limit: 10, after })
  expect(pages).toBeLessThan(FEW)
})
