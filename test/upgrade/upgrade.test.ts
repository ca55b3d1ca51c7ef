import pg from 'pg'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import type { Ledger } from '../../src/core/ledger.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { roles } from '../../src/ledger/postgres/roles.js'
import { assemble, type Midwatch } from '../../src/runtime.js'
import { freshDatabase, type TestDatabase } from '../database.js'
import { laterRelease, type Release, thisRelease, Worker } from './release.js'
import { ACTS, errand, WORLD } from './scene.js'

const RUNS = 24

let database: TestDatabase
let client: pg.Client
let runtimeUrl: string
let ledger: Ledger
let sender: Midwatch
let later: Release
const workers: Worker[] = []
beforeEach(async () => {
  database = await freshDatabase()
  client = new pg.Client(database.url)
  await client.connect()
  await client.query(WORLD)
  runtimeUrl = (await roles({ ownerUrl: database.url, password: 'secret' })).url
  ledger = await postgresLedger({ url: runtimeUrl })
  sender = await assemble({ run: [errand], worker: false, alarm: () => undefined }, { ledger })
  later = await laterRelease()
})
afterEach(async () => {
  await Promise.all(workers.splice(0).map((one) => one.stop()))
  await sender?.stop()
  await ledger?.close()
  await client?.end()
  await database?.drop()
  later?.remove()
})

function hired(release: Release, url: string, name: string): Worker {
  const worker = new Worker(release, { url, name })
  workers.push(worker)
  return worker
}

const sent = (count: number, mark: string) =>
  Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const run = await sender.start(errand, { input: {}, key: `${mark}-${n}` })
      return run.outcome()
    }),
  )

/** Names of the workers that claimed anything since a time of the ledger's. */
async function claimedBy(since: number): Promise<Set<string>> {
  const text = `select distinct facts::json ->> 'worker' as name from midwatch.entry where kind = 'claim' and at > $1`
  return new Set((await client.query(text, [since])).rows.map(({ name }) => name))
}

it('a later release migrates under the load of this one, and both work side by side', async () => {
  const now = await thisRelease()
  const old = ['old-1', 'old-2'].map((name) => hired(now, runtimeUrl, name))
  for (const one of old) expect(await one.says()).toEqual({ what: 'works' })
  // A newer program under the role of workers changes nothing, and says what it lacks.
  expect(await hired(later, runtimeUrl, 'too early').says()).toEqual({ what: 'refused', code: 'ledger_schema_older' })

  const underWay = sent(RUNS, 'before')
  const acted = async () => (await client.query('select from upgrade_world.done')).rowCount
  await expect.poll(acted, { timeout: 20_000 }).toBeGreaterThan(RUNS)
  const owner = hired(later, database.url, 'new-1')
  expect(await owner.says()).toEqual({ what: 'works' })
  const since = await ledger.now()
  const heir = hired(later, runtimeUrl, 'new-2')
  expect(await heir.says()).toEqual({ what: 'works' })
  const afterwards = sent(RUNS, 'after')

  for (const outcome of [...(await underWay), ...(await afterwards)])
    expect(outcome).toEqual({ status: 'completed', output: 'done' })
  expect(await claimedBy(since)).toEqual(new Set(['old-1', 'old-2', 'new-1', 'new-2']))
  // What is new has worked for all of them, and nothing alarmed anybody.
  const { rows } = await client.query(`select distinct later, later_no from midwatch.run where key like 'after%'`)
  expect(rows).toEqual([{ later: 'seen', later_no: '7' }])
  expect(workers.flatMap((one) => one.alarms)).toEqual([])
  const ready = { what: 'readiness', missing: [] }
  for (const one of old) await expect.poll(() => one.isReady(), { timeout: 20_000 }).toEqual(ready)

  // Whoever of the old release is started now refuses, whichever its role: the way is forward.
  for (const url of [runtimeUrl, database.url])
    expect(await hired(now, url, 'too late').says()).toEqual({ what: 'refused', code: 'ledger_schema_newer' })

  const counted = await client.query(
    'select count(*)::int as all, count(distinct key)::int as keys from upgrade_world.done',
  )
  expect(counted.rows).toEqual([{ all: 2 * RUNS * ACTS, keys: 2 * RUNS * ACTS }])
  expect((await verifyLedger(ledger)).violations).toEqual([])
}, 90_000)
