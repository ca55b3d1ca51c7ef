import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freshDatabase, type TestDatabase } from '../../../test/database.js'
import { postgresLedger } from './ledger.js'
import { migrate } from './migrate.js'
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
