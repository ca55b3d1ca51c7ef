import { afterAll, beforeAll, expect, it } from 'vitest'
import { declaredApi } from '../../test/api/declared.js'
import { freshDatabase, type TestDatabase } from '../../test/database.js'
import type { Ledger } from '../core/ledger.js'
import type { Write } from '../core/lives.js'
import { memoryLedger } from '../ledger/memory/ledger.js'
import { postgresLedger } from '../ledger/postgres/ledger.js'
import { roles } from '../ledger/postgres/roles.js'
import { assemble, type Midwatch } from '../runtime.js'
import { api } from './app.js'

let database: TestDatabase
let ledger: Ledger
const running: Midwatch[] = []
beforeAll(async () => {
  database = await freshDatabase()
  ledger = await postgresLedger({ url: database.url })
})
afterAll(async () => {
  for (const mw of running) await mw.stop()
  await ledger.close()
  await database.drop()
})

async function served(of: Ledger, databaseUrl?: string) {
  const options = { run: [], worker: false, alarm: () => undefined, ...(databaseUrl && { databaseUrl }) } as const
  const mw = await assemble(options, { ledger: of })
  running.push(mw)
  const root = { principal: 'root', role: 'admin', tenants: null, tokenId: 'r' } as const
  const { fetch } = declaredApi(api(mw, { access: () => root }))
  return async (body: object) => {
    const headers = { 'content-type': 'application/json' }
    const asked = { method: 'POST', headers, body: JSON.stringify(body) }
    const response = await fetch(new Request('http://localhost/v1/reconcile', asked))
    return { status: response.status, body: (await response.json()) as Record<string, never> }
  }
}

const lost: Write = {
  of: {
    ...{ tenant: 't', agent: 'desk', version: 1, fingerprint: 'f', session: null, principal: null },
    ...{ origin: 'r', messageKey: 'k' },
  },
  op: {
    ...{ kind: 'begin', runId: 'run-of-the-lost-part', fence: 1, seq: 3, salt: 's', step: 'pay#1', attempt: 1 },
    ...{ tool: 'pay', timeoutMs: 1, settlesMs: 0, charges: [], effect: { tool: 'pay', key: 'k', args: 'a' } },
    body: '{"args":"a","input":{"amount":12},"name":"pay","sort":"tool"}',
  },
  ...{ at: 7, did: null },
}

it('looks, and changes nothing; then does it, once, and tells what came of it', async () => {
  const ask = await served(ledger, database.url)
  expect(await ask({ apply: true })).toMatchObject({ status: 200, body: { why: null, lost: [], applied: null } })
  await ledger.lives.stop({ why: 'it went back.', by: 'w1', since: 5 })
  await ledger.lives.tell({ by: 'w1', writes: [lost] })
  const looked = { tenant: 't', tool: 'pay', input: { amount: 12 }, begunAt: 7, did: null, by: 'w1', keptAs: null }
  expect(await ask({})).toMatchObject({
    status: 200,
    body: {
      why: expect.stringContaining('it went back.'),
      lost: [looked],
      applied: null,
      standing: { incarnation: 1, stopped: { why: 'it went back.', by: 'w1', since: 5 } },
    },
  })
  // What must be put in doubt can be begun only where no switch covers it.
  await ledger.engage({ scope: 'tool:pay', mode: 'hold', by: 'ann' })
  expect(await ask({ apply: true })).toMatchObject({ status: 409, body: { code: 'unreconciled', retryable: true } })
  await ledger.release({ scope: 'tool:pay', by: 'ann', jitterMs: 0 })
  // Released is the run that the first attempt had begun to keep it in.
  const { body } = await ask({ apply: true, unsure: 'none' })
  expect(body).toMatchObject({
    lost: [looked],
    applied: { incarnation: 3, released: 1, kept: [{ code: 'doubt' }], unsure: 0, since: null },
    standing: { incarnation: 3, stopped: null },
    why: null,
  })
  expect(await ask({ apply: true })).toMatchObject({ body: { lost: [], applied: null } })
  expect(await ask({ apply: true, restored: true })).toMatchObject({ body: { applied: { incarnation: 4 } } })
})

it.each([
  ['the role of workers', 'does not own the schema'],
  ['no database', 'has no database of its own'],
])('is forbidden to a process with %s, which may look', async (what, says) => {
  const { url } = await roles({ ownerUrl: database.url, password: 'p' })
  const ask = await (what === 'no database' ? served(memoryLedger()) : served(ledger, url))
  expect(await ask({ apply: true, restored: true })).toMatchObject({
    status: 403,
    body: { code: 'forbidden', detail: expect.stringContaining(says) },
  })
  expect(await ask({})).toMatchObject({ status: 200, body: { applied: null } })
})
