import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshDatabase, type TestDatabase } from '../../../test/database.js'
import { sha256 } from '../../core/digest.js'
import { Scene } from '../../testing/conformance/scene.js'
import { inspectDatabase } from './doctor.js'
import { postgresLedger } from './ledger.js'
import { migrate } from './migrate.js'
import { raiseIncarnation } from './reconcile.js'
import { roles } from './roles.js'

let database: TestDatabase
let url: string

beforeAll(async () => {
  database = await freshDatabase()
  url = (await roles({ ownerUrl: database.url, password: `it's "quoted"` })).url
})

afterAll(() => database?.drop())

async function attempt(text: string): Promise<string> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    await client.query(text)
    return 'allowed'
  } catch (error) {
    return error instanceof pg.DatabaseError ? String(error.code) : 'not asked'
  } finally {
    await client.end()
  }
}

describe('the role of the runtime', () => {
  it('works every verb of the ledger', async () => {
    const ledger = await postgresLedger({ url })
    const scene = new Scene({ ledger, advance: async () => undefined, close: () => ledger.close() })
    const hand = await scene.held({ session: 's', key: 'k' })
    await hand.must(hand.begin({ locks: ['a'] }))
    await hand.must(hand.settle(hand.head))
    await ledger.setCeiling({ scope: 'fleet', meter: 'usd', per: 'day', limit: 1, by: 'ann' })
    await ledger.setCeiling({ scope: 'fleet', meter: 'usd', per: 'day', limit: null, by: 'ann' })
    await ledger.engage({ scope: 'fleet', mode: 'end', by: 'ann' })
    await ledger.sweepSwitched({ limit: 1 })
    await ledger.release({ scope: 'fleet', by: 'ann', jitterMs: 0 })
    for (const { id } of await ledger.notices({ limit: 10, retryAfterMs: 0 })) await ledger.noticeSent({ id })
    for (const runId of [hand.runId, 'another']) await ledger.putBlob({ tenant: 't', runId, text: 'large' })
    const { tenant } = scene
    for (const whileBusy of ['steer', 'replace'] as const) await scene.admit({ session: 's', whileBusy })
    await ledger.closeSession({ tenant, session: 's', by: 'ann' })
    await ledger.reopenSession({ tenant, session: 's', by: 'ann' })
    await ledger.passGaps({ limit: 1 })
    await hand.must(hand.end({ state: { version: 1, text: '{}' }, scores: [{ name: 'a', value: 1 }] }))
    const thumb = { runId: hand.runId, name: 'thumb', by: 'person', who: 'ann', reason: 'Good.' } as const
    for (const value of [0, 1]) expect(await ledger.scores.add({ ...thumb, value })).toEqual({ code: 'ok' })
    expect(await ledger.erase({ runId: hand.runId })).toMatchObject({ erased: hand.head + 2 })
    expect(await ledger.prune({ endedBefore: (await ledger.now()) + 1_000, limit: 10 })).toBe(1)
    expect(await ledger.journal({ runId: hand.runId })).toEqual([])
    await ledger.close()
  })

  it.each([
    'update midwatch.entry set hash = hash',
    'delete from midwatch.entry',
    'truncate midwatch.entry',
    'delete from midwatch.run',
    'update midwatch.ledger set incarnation = 7',
    'select midwatch.raise_incarnation()',
    'create table midwatch.mine ()',
    'update midwatch.migration set version = version',
    'update midwatch.token set revoked_at = null',
    "update midwatch.token set role = 'admin'",
    'delete from midwatch.token',
    'delete from midwatch.score',
    "update midwatch.score set name = ''",
  ])('may not: %s', async (text) => {
    expect(await attempt(text)).toBe('42501')
  })

  it('reads tokens, says when they were used and revokes them, and makes none', async () => {
    const [asOwner, ledger] = await Promise.all([postgresLedger({ url: database.url }), postgresLedger({ url })])
    const made = { id: 'one', hash: sha256('one'), name: 'ci', role: 'admin', tenants: null, by: 'ann' } as const
    await asOwner.tokens.create({ ...made, expiresAt: null })
    await ledger.tokens.used({ id: 'one' })
    expect(await ledger.tokens.list()).toMatchObject([{ name: 'ci', lastUsedAt: expect.any(Number) }])
    expect(await ledger.tokens.revoke({ token: 'ci', by: 'ben' })).toEqual({ code: 'ok' })
    const denied = { code: 'ledger_refused', message: expect.stringContaining('its schema’s owner may') }
    const other = { ...made, id: 'two', hash: sha256('two'), name: 'mine', expiresAt: null }
    await expect(ledger.tokens.create(other)).rejects.toMatchObject(denied)
    await Promise.all([asOwner.close(), ledger.close()])
  })

  it('keeps its rights over a migration, and may be given again', async () => {
    const client = new pg.Client(database.url)
    await client.connect()
    await client.query('drop schema midwatch cascade')
    await client.end()
    await migrate(database)
    expect(await attempt('select from midwatch.entry')).toBe('allowed')
    expect((await roles({ ownerUrl: database.url, password: `it's "quoted"` })).url).toBe(url)
  })
})

describe('the doctor', () => {
  it('says who may change entries, and what a failover would keep', async () => {
    const [asOwner, asRuntime] = [await inspectDatabase(database), await inspectDatabase({ url })]
    expect(asOwner.role).toMatchObject({ ownsSchema: true, mayChangeEntries: true })
    expect(asRuntime.role).toEqual({ name: 'midwatch_runtime', ownsSchema: false, mayChangeEntries: false })
    expect(asRuntime).toMatchObject({
      ...{ isolation: 'read committed', timeline: 1, incarnation: 1, systemIdentifier: asOwner.systemIdentifier },
      replication: { synchronousCommit: 'on', synchronousStandbyNames: '', standbys: [] },
    })
    expect(Math.abs(asRuntime.clockAheadMs)).toBeLessThan(5_000)
  })
})

describe('a raised incarnation', () => {
  it('ends every fence and lease of before; what was sent meanwhile is evidence', async () => {
    const ledger = await postgresLedger({ url: database.url })
    const scene = new Scene({ ledger, advance: async () => undefined, close: () => ledger.close() })
    const hand = await scene.held()
    await hand.must(hand.begin())
    expect(await raiseIncarnation(database)).toEqual({ incarnation: 2, released: 1 })
    expect(await hand.put(hand.settle(hand.head))).toMatchObject({ code: 'fenced' })
    expect(await ledger.evidence({ runId: hand.runId })).toHaveLength(1)
    const next = await scene.claim(await scene.worker(), hand.runId)
    expect((await scene.run(hand.runId)).fence).toBe(2 * 2 ** 40 + 1)
    expect(await next.put(next.begin())).toMatchObject({ code: 'ok' })
    await ledger.close()
  })
})
