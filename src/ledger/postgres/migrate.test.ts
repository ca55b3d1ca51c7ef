import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { freshDatabase, type TestDatabase } from '../../../test/database.js'
import { verifyLedger } from '../../core/invariants/verify.js'
import { flow } from '../../orchestrator/flow.js'
import { assemble } from '../../runtime.js'
import { tool } from '../../tools/tool.js'
import { postgresLedger } from './ledger.js'
import { migrate } from './migrate.js'
import { roles } from './roles.js'
import { migrations } from './sql-files.js'

let database: TestDatabase
let client: pg.Client

beforeEach(async () => {
  database = await freshDatabase()
  client = new pg.Client(database.url)
  await client.connect()
})

afterEach(async () => {
  await client.end()
  await database.drop()
})

describe('migrations', () => {
  it('run once, also when several begin at the same time', async () => {
    await client.query('drop schema midwatch cascade')
    const done = await Promise.all([1, 2, 3].map(() => migrate(database)))
    expect(done.flatMap(({ applied }) => applied)).toEqual(migrations().map(({ name }) => name))
    const ledger = await postgresLedger({ url: database.url })
    expect(await ledger.runs({})).toEqual([])
    await ledger.close()
  })

  it('come with the ledger when its owner opens it, and keep what is there', async () => {
    await client.query('drop schema midwatch cascade')
    const first = await postgresLedger({ url: database.url, owner: true })
    const secret = await first.secret()
    await first.close()
    const second = await postgresLedger({ url: database.url, owner: true })
    expect([secret.length, await second.secret()]).toEqual([64, secret])
    await second.close()
  })

  it('that were changed after they ran are refused', async () => {
    await client.query(`update midwatch.migration set checksum = 'another' where version = 1`)
    await expect(migrate(database)).rejects.toMatchObject({ code: 'ledger_refused', retryable: false })
  })

  it('replace functions that are not those of the files', async () => {
    await client.query(`update midwatch.migration set checksum = 'another' where version = 0`)
    await client.query(
      'create or replace function midwatch.clock_ms() returns bigint language sql as $$ select 7::bigint $$',
    )
    expect(await migrate(database)).toEqual({ applied: [] })
    const { rows } = await client.query('select midwatch.clock_ms() > 7 as real')
    expect(rows).toEqual([{ real: true }])
  })
})

describe('a migration under a running fleet', () => {
  it('waits for a table only for moments, so that others go on, and tries again until it has it', async () => {
    // Its index is made anew: for that the table must be its own.
    await client.query(`delete from midwatch.migration where name like '0009%'`)
    const dump = new pg.Client(database.url)
    await dump.connect()
    await dump.query('begin; lock table midwatch.run in access share mode')
    const migrating = migrate(database)
    const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    await vi.waitFor(async () => expect((await client.query(waiting)).rowCount).toBe(1), {
      timeout: 5_000,
      interval: 5,
    })
    await client.query('select count(*) from midwatch.run')
    expect((await client.query(`select from midwatch.migration where name like '0009%'`)).rowCount).toBe(0)
    await dump.end()
    expect((await migrating).applied).toEqual([expect.stringMatching(/^0009/)])
  })

  it('that replaces the functions leaves what is under way as it is', async () => {
    const n = tool({ name: 'n', description: 'n', input: z.object({}), effect: 'read', execute: async () => 1 })
    const steps = async (ctx: { tool(t: typeof n, input: object): Promise<number> }) => {
      for (let i = 0; i < 30; i += 1) await ctx.tool(n, {})
    }
    const busy = flow({ name: 'busy', version: 1, input: z.object({}), ceilings: { run: { steps: 50 } }, run: steps })
    const ledger = await postgresLedger({ url: database.url })
    const mw = await assemble({ run: [busy] }, { ledger })
    const runs = await Promise.all(Array.from({ length: 16 }, () => mw.start(busy, { input: {} })))
    let over = false
    const ends = Promise.all(runs.map((run) => run.outcome())).finally(() => {
      over = true
    })
    let replaced = 0
    for (; !over; replaced += 1) {
      await client.query(`update midwatch.migration set checksum = 'another' where version = 0`)
      await migrate(database)
    }
    expect(new Set((await ends).map(({ status }) => status))).toEqual(new Set(['completed']))
    expect(replaced).toBeGreaterThan(0)
    expect((await verifyLedger(ledger)).violations).toEqual([])
    await mw.stop()
    await ledger.close()
  })

  it('is not needed where all is as it should be, and the role of the runtime may say so', async () => {
    const { url } = await roles({ ownerUrl: database.url, password: 'secret' })
    const ledger = await postgresLedger({ url, owner: true })
    await ledger.close()
    // What its owner put there stands, though this program would have other functions.
    await client.query(`update midwatch.migration set checksum = 'another' where version = 0`)
    expect(await migrate({ url })).toEqual({ applied: [] })
    await client.query(`delete from midwatch.migration where name like '0009%'`)
    const older = { code: 'ledger_schema_older', message: expect.stringContaining('as its owner') }
    await expect(postgresLedger({ url, owner: true })).rejects.toMatchObject(older)
  })
})

describe('the schema', () => {
  it('of a later version is refused by owner and runtime', async () => {
    await client.query(`insert into midwatch.migration (version, name, checksum) values (9999, 'later', '')`)
    const newer = { code: 'ledger_schema_newer', retryable: false }
    await expect(migrate(database)).rejects.toMatchObject(newer)
    await expect(postgresLedger({ url: database.url })).rejects.toMatchObject(newer)
  })

  it('that is missing or older is refused by the runtime', async () => {
    const older = { code: 'ledger_schema_older', retryable: false }
    await client.query('delete from midwatch.migration where version = 1')
    await expect(postgresLedger({ url: database.url })).rejects.toMatchObject(older)
    await client.query('drop schema midwatch cascade')
    await expect(postgresLedger({ url: database.url })).rejects.toMatchObject(older)
  })
})
