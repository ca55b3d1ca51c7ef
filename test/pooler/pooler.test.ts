import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import { inspectDatabase } from '../../src/ledger/postgres/doctor.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { migrate } from '../../src/ledger/postgres/migrate.js'
import { flow } from '../../src/orchestrator/flow.js'
import { assemble } from '../../src/runtime.js'
import { Scene } from '../../src/testing/conformance/scene.js'
import { tool } from '../../src/tools/tool.js'
import { freshDatabase, type TestDatabase } from '../database.js'
import { TransactionPooler } from './transaction-pooler.js'

let database: TestDatabase
let pooler: TransactionPooler
let client: pg.Client

beforeEach(async () => {
  database = await freshDatabase()
  pooler = await TransactionPooler.before(database.url, 3)
  client = new pg.Client(database.url)
  await client.connect()
})
afterEach(async () => {
  await client.end()
  await pooler.close()
  await database.drop()
})

const act = tool({
  name: 'act',
  description: 'Acts.',
  input: z.object({ n: z.number() }),
  effect: 'keyed',
  keyRemembered: '1h',
  execute: async ({ n }) => n,
})
const acting = flow({
  name: 'acting',
  version: 1,
  input: z.object({}),
  run: async (ctx) => {
    for (let n = 0; n < 5; n += 1) await ctx.tool(act, { n })
    await ctx.sleep('100ms')
    return 'done'
  },
})
const present = async () => (await client.query('select from midwatch.worker where present_under is not null')).rowCount

/** Runs that are started, worked and waited for on a ledger like this. */
async function worked(urls: { url: string; directUrl?: string }): Promise<string[]> {
  const ledger = await postgresLedger({ ...urls, poolSize: 6 })
  const mw = await assemble({ run: [acting], alarm: () => undefined }, { ledger })
  try {
    const runs = await Promise.all(Array.from({ length: 12 }, () => mw.start(acting, { input: {} })))
    const outcomes = await Promise.all(runs.map((run) => run.outcome()))
    expect((await verifyLedger(ledger)).violations).toEqual([])
    return outcomes.map(({ status }) => status)
  } finally {
    await mw.stop()
    await ledger.close()
  }
}

describe('behind a pooler in transaction mode', () => {
  it('runs are worked over fewer connections than there are clients, and no worker leaves a lock behind', async () => {
    expect(await worked({ url: pooler.url })).toEqual(Array.from({ length: 12 }, () => 'completed'))
    expect(pooler.asked).toBeGreaterThan(50)
    expect(await present()).toBe(0)
  })

  it('a direct way beside it is taken for the presence of a worker', async () => {
    expect(await worked({ url: pooler.url, directUrl: database.url })).toEqual(
      Array.from({ length: 12 }, () => 'completed'),
    )
    expect(await present()).toBe(1)
  })

  it('a kill ends the backend that stands in its way, and no other', async () => {
    const ledger = await postgresLedger({ url: pooler.url })
    const scene = new Scene({ ledger, advance: async () => undefined, close: () => ledger.close() })
    const hand = await scene.held()
    const ended = new Promise((resolve) => client.on('error', resolve))
    await client.query('begin')
    await client.query('select from midwatch.run where run_id = $1 for update', [hand.runId])
    expect(await ledger.engage({ scope: `run:${hand.runId}`, mode: 'end', by: 'ann' })).toMatchObject({ terminated: 1 })
    await ended
    await ledger.close()
  })

  it('the doctor sees it, and a schema that is as it should be is left alone', async () => {
    expect((await inspectDatabase({ url: pooler.url })).pooled).toBe(true)
    expect((await inspectDatabase({ url: database.url })).pooled).toBe(false)
    expect(await migrate({ url: pooler.url })).toEqual({ applied: [] })
    await client.query(`update midwatch.migration set checksum = 'another' where version = 0`)
    const refused = { code: 'ledger_refused', message: expect.stringContaining('DATABASE_DIRECT_URL') }
    await expect(migrate({ url: pooler.url })).rejects.toMatchObject(refused)
    expect(await migrate({ url: database.url })).toEqual({ applied: [] })
  })
})
