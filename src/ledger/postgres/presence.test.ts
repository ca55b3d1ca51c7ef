import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { freshDatabase, type TestDatabase } from '../../../test/database.js'
import type { Ledger } from '../../core/ledger.js'
import { Scene } from '../../testing/conformance/scene.js'
import { postgresLedger } from './ledger.js'

let database: TestDatabase
let dying: Ledger
let ledger: Ledger
let client: pg.Client

beforeEach(async () => {
  database = await freshDatabase()
  dying = await postgresLedger({ url: database.url })
  ledger = await postgresLedger({ url: database.url })
  client = new pg.Client(database.url)
  await client.connect()
})

afterEach(async () => {
  await Promise.all([dying.close(), ledger.close(), client.end()])
  await database.drop()
})

const sceneOf = (of: Ledger) => new Scene({ ledger: of, advance: async () => undefined, close: async () => undefined })
const absent = async () => (await client.query('select from midwatch.absent_workers()')).rowCount
const presences = `from pg_locks where locktype = 'advisory' and classid = 19802
  and database = (select oid from pg_database where datname = current_database())`

describe('a presence', () => {
  it('that ends with its process lets others take its runs before the lease is over', async () => {
    const scene = sceneOf(dying)
    const hand = await scene.held()
    const serves = [`${scene.agent}@1#print`]
    const other = { name: 'heir', leaseMs: 60_000, serves, queues: [scene.queue] }
    const { workerId } = await ledger.workers.register(other)
    await ledger.workers.heartbeat({ workerId, leaseMs: 60_000 })
    expect(await ledger.claim({ workerId, limit: 1, runId: hand.runId })).toEqual([])
    await dying.close()
    await vi.waitFor(async () => {
      await ledger.workers.heartbeat({ workerId, leaseMs: 60_000 })
      expect(await ledger.claim({ workerId, limit: 1, runId: hand.runId })).toHaveLength(1)
    }, 8_000)
  })

  it('whose connection breaks is taken again: its worker lives', async () => {
    const workerId = await sceneOf(dying).worker()
    const before = (await client.query(`select pid ${presences}`)).rows[0].pid
    await client.query('select pg_terminate_backend($1)', [before])
    await vi.waitFor(async () => {
      expect((await client.query(`select pid ${presences} and pid <> $1`, [before])).rowCount).toBe(1)
    }, 5_000)
    expect(await absent()).toBe(0)
    expect((await dying.workers.heartbeat({ workerId, leaseMs: 60_000 })).held).toBe(true)
  })

  it('that another server saw says nothing: after a restart nobody is dead', async () => {
    await sceneOf(dying).worker()
    await dying.close()
    await vi.waitFor(async () => expect((await client.query(`select ${presences}`)).rowCount).toBe(0))
    expect(await absent()).toBe(1)
    await client.query('update midwatch.worker set present_under = present_under - 1')
    expect(await absent()).toBe(0)
  })

  it('that came back before the second look is no death', async () => {
    const workerId = await sceneOf(dying).worker()
    const reap = async () => (await client.query('select midwatch.reap($1) as reaped', [[workerId]])).rows[0].reaped
    expect(await reap()).toBe(0)
    await dying.close()
    await vi.waitFor(async () => expect(await absent()).toBe(1))
    expect([await reap(), await reap()]).toEqual([1, 0])
  })

  it('ends when its worker retires', async () => {
    const workerId = await sceneOf(dying).worker()
    await dying.workers.retire({ workerId })
    expect((await client.query(`select ${presences}`)).rowCount).toBe(0)
    expect(await absent()).toBe(0)
  })
})
