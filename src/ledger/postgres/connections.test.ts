import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { freshDatabase, type TestDatabase } from '../../../test/database.js'
import type { Ledger, Wake } from '../../core/ledger.js'
import { Scene } from '../../testing/conformance/scene.js'
import { postgresLedger } from './ledger.js'

let database: TestDatabase
let ledger: Ledger
let other: pg.Client

beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database?.drop())

beforeEach(async () => {
  ledger = await postgresLedger({ url: database.url })
  other = new pg.Client(database.url)
  await other.connect()
})
afterEach(async () => {
  await ledger.close()
  await other.end()
})

const scene = () => new Scene({ ledger, advance: async () => undefined, close: () => ledger.close() })
const others = `from pg_stat_activity where datname = current_database() and application_name = 'midwatch'`

describe('an op that cannot be stored', () => {
  it.each([
    ['a NUL in its body', { body: '"\u0000"' }],
    ['a NUL in a field', { step: 'a\u0000' }],
    ['a lone surrogate in a field', { step: '\ud800' }],
    ['a number that no column holds', { attempt: 2 ** 40 }],
  ])('for %s is answered poison, and its neighbours are not harmed', async (_why, wrong) => {
    const s = scene()
    const hands = [await s.held(), await s.held(), await s.held(), await s.held()]
    const ops = hands.map((hand, i) => ({ ...hand.begin(), ...(i === 2 && wrong) }))
    const answers = await ledger.apply(ops)
    expect(answers.map(({ code }) => code)).toEqual(['ok', 'ok', 'poison', 'ok'])
    expect(answers.every(({ at }) => at > 0)).toBe(true)
  })

  it('takes along what came after it in its run', async () => {
    const hand = await scene().held()
    const begin = hand.begin()
    const [first, second] = await ledger.apply([
      { ...begin, body: '"\u0000"' },
      { ...hand.settle(begin.seq), seq: begin.seq + 1 },
    ])
    expect([first?.code, second?.code]).toEqual(['poison', 'head_moved'])
  })
})

describe('a connection that breaks', () => {
  it('while idle is replaced unnoticed', async () => {
    const hand = await scene().held()
    await other.query(`select pg_terminate_backend(pid) ${others}`)
    await vi.waitFor(async () => expect((await other.query(`select pid ${others}`)).rowCount).toBe(0))
    // What the server said last has arrived; one more round trip, and this process has read it.
    await other.query('select 1')
    await hand.must(hand.begin())
  })

  it('under a statement is ledger_away, to be sent again', async () => {
    const hand = await scene().held()
    await other.query('begin')
    await other.query('select from midwatch.run where run_id = $1 for update', [hand.runId])
    const begin = hand.begin()
    const away = expect(ledger.apply([begin])).rejects.toMatchObject({ code: 'ledger_away', retryable: true })
    const waiting = `${others} and wait_event_type = 'Lock'`
    await vi.waitFor(async () => expect((await other.query(`select pid ${waiting}`)).rowCount).toBe(1))
    await other.query(`select pg_terminate_backend(pid) ${waiting}`)
    await away
    await other.query('rollback')
    expect(await ledger.apply([begin])).toMatchObject([{ code: 'ok' }])
  })

  it('is heard again by listeners, that hear what comes after', async () => {
    const s = scene()
    const hand = await s.held()
    await hand.must(hand.park({ dueInMs: 60_000 }))
    const wakes: Wake[] = []
    const deafen = await ledger.listen((wake) => wakes.push(wake))
    const listening = `${others} and query = 'listen midwatch_wake'`
    const before = (await other.query(`select pid ${listening}`)).rows[0].pid
    await other.query('select pg_terminate_backend($1)', [before])
    await vi.waitFor(
      async () => expect((await other.query(`select pid ${listening} and pid <> $1`, [before])).rowCount).toBe(1),
      5_000,
    )
    await ledger.wake({ runId: hand.runId })
    await vi.waitFor(() => expect(wakes).toContainEqual({ kind: 'due', name: s.queue }))
    await deafen()
  })

  it('cannot be made at all: ledger_away', async () => {
    const gone = postgresLedger({ url: 'postgresql://nobody@127.0.0.1:1/none' })
    await expect(gone).rejects.toMatchObject({ code: 'ledger_away', retryable: true })
  })

  it('was closed by its owner: not away, for that would be tried for ever', async () => {
    await ledger.close()
    await expect(ledger.runs({})).rejects.toMatchObject({ code: 'ledger_refused', retryable: false })
  })
})

describe('isolation', () => {
  it('other than read committed is refused by every verb that decides', async () => {
    const hand = await scene().held()
    await other.query(
      `alter database ${new URL(database.url).pathname.slice(1)} set default_transaction_isolation to 'repeatable read'`,
    )
    const strict = await postgresLedger({ url: database.url })
    const refused = { code: 'ledger_isolation', retryable: false }
    await expect(strict.apply([hand.begin()])).rejects.toMatchObject(refused)
    await expect(strict.claim({ workerId: 1, limit: 1 })).rejects.toMatchObject(refused)
    await expect(strict.engage({ scope: 'fleet', mode: 'end', by: 'ann' })).rejects.toMatchObject(refused)
    await strict.close()
    await other.query(`alter database ${new URL(database.url).pathname.slice(1)} reset default_transaction_isolation`)
  })
})

describe('a kill', () => {
  it.each([
    ['fleet', 'select pg_advisory_xact_lock_shared(19799, 0)'],
    ['run', 'select from midwatch.run where run_id = $1 for update'],
  ])('of scope %s ends the backends that stand in its way, and says how many', async (kind, hold) => {
    const hand = await scene().held()
    const ended = new Promise((resolve) => other.on('error', resolve))
    await other.query('begin')
    await other.query(hold, kind === 'run' ? [hand.runId] : [])
    const scope = kind === 'run' ? `run:${hand.runId}` : kind
    const { terminated } = await ledger.engage({ scope, mode: 'end', by: 'ann' })
    await ended
    expect(terminated).toBe(1)
    expect(await hand.put(hand.begin())).toMatchObject({ code: 'switched', scope })
    await ledger.release({ scope, by: 'ann', jitterMs: 0 })
  })
})

describe('the rows that each step writes', () => {
  it('have no index on what a step changes, so that they are updated in place', async () => {
    const { rows } = await other.query(
      `select c.relname || '.' || a.attname as name from pg_index i join pg_class c on c.oid = i.indrelid
         join pg_attribute a on a.attrelid = i.indrelid
        where c.relnamespace = 'midwatch'::regnamespace and c.relname in ('run', 'meter', 'effect', 'tool_lock', 'worker')
          and (a.attnum = any(i.indkey) or pg_get_expr(i.indpred, i.indrelid) ~ ('\\m' || a.attname || '\\M'))`,
    )
    const hot = {
      run: ['head_seq', 'head_hash', 'open', 'used', 'reserved', 'claims', 'mail_head', 'mail_seen', 'fence', 'state'],
      meter: ['used', 'reserved'],
      effect: ['state', 'attempt', 'evidence', 'seq', 'acts_until'],
      tool_lock: ['run_id', 'seq'],
      worker: ['lease_until', 'turns', 'credits'],
    }
    const names = Object.entries(hot).flatMap(([table, columns]) => columns.map((column) => `${table}.${column}`))
    expect(rows.map(({ name }) => name).filter((name) => names.includes(name))).toEqual([])
    expect(rows.map(({ name }) => name)).toContain('run.due_at')
  })
})
