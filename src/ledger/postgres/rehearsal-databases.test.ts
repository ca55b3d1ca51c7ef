import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { postgresLedger } from './ledger.js'
import { type RehearsalDatabases, rehearsalDatabases } from './rehearsal-databases.js'

const server = process.env.MIDWATCH_TEST_URL ?? ''
let databases: RehearsalDatabases

async function names(): Promise<string[]> {
  const client = new pg.Client(server)
  await client.connect()
  const { rows } = await client.query("select datname from pg_database where datname like 'midwatch_rehearsal_%'")
  await client.end()
  return rows.map((row) => row.datname)
}

beforeAll(async () => {
  databases = await rehearsalDatabases(server)
}, 60_000)
afterAll(() => databases.close())

it('has a clock that goes as it is told, and no lease that its server cuts short', async () => {
  const database = await databases.fresh({ atMs: 1_000_000, sinceMs: Date.now(), speed: 1 })
  const ledger = await postgresLedger({ url: database.url, poolSize: 1 })
  const first = await ledger.now()
  expect(first).toBeGreaterThanOrEqual(1_000_000)
  expect(first).toBeLessThan(1_060_000)
  const { leaseUntil, at } = await ledger.workers.register({ name: 'w', leaseMs: 5_000, serves: [], queues: [] })
  expect(leaseUntil - at).toBe(5_000)
  await database.setPace({ atMs: 9_000_000, sinceMs: Date.now() - 1_000, speed: 100 })
  expect(await ledger.now()).toBeGreaterThanOrEqual(9_100_000)
  await ledger.close()
  await database.drop()
})

it('is gone once it is dropped, and so are strays of an hour ago that nobody is in', async () => {
  const database = await databases.fresh({ atMs: 0, sinceMs: 0, speed: 1 })
  const name = new URL(database.url).pathname.slice(1)
  const stray = 'midwatch_rehearsal_1700000000_abcdef012345'
  const client = new pg.Client(server)
  await client.connect()
  await client.query(`create database ${stray}`)
  await client.end()
  expect(await names()).toEqual(expect.arrayContaining([name, stray]))
  await database.drop()
  const others = await rehearsalDatabases(server)
  const left = await names()
  expect(left).not.toContain(name)
  expect(left).not.toContain(stray)
  await others.close()
}, 60_000)
