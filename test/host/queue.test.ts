import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { workNight } from '../../examples/queue/night.js'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { freshDatabase, type TestDatabase } from '../database.js'

const home = mkdtempSync(join(tmpdir(), 'midwatch-queue-'))
let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(async () => {
  await database.drop()
  rmSync(home, { recursive: true, force: true })
})

it('behind an at-least-once queue, whose consumer dies between accepting and removing, nothing is done twice', async () => {
  const names = ['plain refund', 'plain cancellation', 'lost answer', 'delivered twice']
  expect(await workNight({ home, databaseUrl: database.url, names })).toEqual([
    'plain refund: completed',
    'plain cancellation: completed',
    'lost answer: completed',
    'delivered twice: completed',
    '7 messages were sent, each delivered twice or more often',
    'runs: 4',
    'SIGKILL between accepting a message and removing it: 1 ×',
    'laid aside: no JSON and {"text":"From whom?"}',
    'done twice: 0',
  ])
  const ledger = await postgresLedger({ url: database.url })
  const { violations } = await verifyLedger(ledger).finally(() => ledger.close())
  expect(violations).toEqual([])
}, 120_000)
