import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshDatabase, type TestDatabase } from '../../../test/database.js'
import type { Ledger } from '../../core/ledger.js'
import { Scene } from '../../testing/conformance/scene.js'
import { postgresLedger } from './ledger.js'

let database: TestDatabase
let ledger: Ledger

beforeAll(async () => {
  database = await freshDatabase()
  ledger = await postgresLedger({ url: database.url })
})
afterAll(async () => {
  await ledger?.close()
  await database?.drop()
})

/** How many runs of each tenant a worker gets in so many claims. */
async function served(s: Scene, workerId: number, claims: number, limit: number): Promise<Record<string, number>> {
  const tenants: Record<string, number> = {}
  for (let claim = 0; claim < claims; claim += 1) {
    for (const { run } of await s.ledger.claim({ workerId, limit })) {
      tenants[run.tenant] = (tenants[run.tenant] ?? 0) + 1
    }
  }
  return tenants
}

async function admitted(s: Scene, tenant: string, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => s.admit({ tenant })))
}

const sceneOf = () => new Scene({ ledger, advance: async () => undefined, close: async () => undefined })

describe('a claim', () => {
  it('serves every tenant in turn, also when less can be taken than there are tenants', async () => {
    const s = sceneOf()
    await admitted(s, 'a', 20)
    for (const tenant of ['b', 'c', 'd', 'e']) await admitted(s, tenant, 2)
    expect(await served(s, await s.worker(), 5, 2)).toEqual({ a: 2, b: 2, c: 2, d: 2, e: 2 })
  })

  it('lets no tenant with a deep backlog starve one that came late', async () => {
    const s = sceneOf()
    await admitted(s, 'deep', 300)
    await admitted(s, 'late', 1)
    expect(await served(s, await s.worker(), 1, 4)).toEqual({ deep: 3, late: 1 })
    expect(await served(s, await s.worker(), 2, 8)).toEqual({ deep: 16 })
  })

  it('goes round a deep backlog though the tenant that was served last has no more', async () => {
    const s = sceneOf()
    await admitted(s, 'deep', 300)
    for (const tenant of ['a', 'b', 'm', 'z']) await admitted(s, tenant, 1)
    const worker = await s.worker()
    expect(await served(s, worker, 1, 2)).toEqual({ a: 1, b: 1 })
    expect(await served(s, worker, 1, 8)).toEqual({ deep: 6, m: 1, z: 1 })
    expect(await served(s, worker, 2, 4)).toEqual({ deep: 8 })
  })

  it('leaves places for others where one tenant has all that it may have, whatever its backlog', async () => {
    const s = sceneOf()
    await admitted(s, 'deep', 300)
    const workerId = await s.worker()
    const claim = () => s.ledger.claim({ workerId, limit: 8, perTenant: 5 })
    expect(await claim()).toHaveLength(5)
    expect(await claim()).toEqual([])
    await admitted(s, 'late', 2)
    expect((await claim()).map(({ run }) => run.tenant)).toEqual(['late', 'late'])
  })

  it('comes round to each of many tenants, each with more than one look takes in', async () => {
    const s = sceneOf()
    const tenants = Array.from({ length: 100 }, (_, i) => `t${100 + i}`)
    for (const tenant of tenants) await admitted(s, tenant, 3)
    const taken = await served(s, await s.worker(), 25, 4)
    expect(Object.keys(taken).sort()).toEqual(tenants)
  })

  it('of two workers at once takes each run once', async () => {
    const s = sceneOf()
    await admitted(s, 'a', 60)
    const workers = await Promise.all([s.worker(), s.worker(), s.worker()])
    const claims = await Promise.all(workers.map((workerId) => ledger.claim({ workerId, limit: 20 })))
    const runIds = claims.flat().map(({ run }) => run.runId)
    expect(new Set(runIds).size).toBe(runIds.length)
    expect(runIds.length).toBeGreaterThanOrEqual(20)
  })
})
