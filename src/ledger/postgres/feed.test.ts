import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freshDatabase, type TestDatabase } from '../../../test/database.js'
import type { Position } from '../../core/feed.js'
import type { Ledger } from '../../core/ledger.js'
import { Scene } from '../../testing/conformance/scene.js'
import { postgresLedger } from './ledger.js'

let database: TestDatabase
let client: pg.Client
let ledger: Ledger
let scene: Scene

beforeAll(async () => {
  database = await freshDatabase()
  client = new pg.Client(database.url)
  await client.connect()
  ledger = await postgresLedger({ url: database.url })
  scene = new Scene({ ledger, advance: async () => undefined, close: async () => undefined })
})
afterAll(async () => {
  await ledger.close()
  await client.end()
  await database.drop()
})

/** Reads on until that entry came. Other databases of the server may hold it back for a moment. */
async function readUntil(after: Position, name: string) {
  const names: string[] = []
  for (let place = after; !names.includes(name); ) {
    const page = await ledger.feed.read({ after: place, limit: 100 })
    if (page.code !== 'ok') throw new RangeError('the place is unknown')
    names.push(...page.entries.map(({ entry }) => `${entry.runId} ${entry.seq}`))
    place = page.next
  }
  return names
}

it('a place holds for one life of the ledger: raising the incarnation ends it', async () => {
  const head = await ledger.feed.head()
  await client.query('select midwatch.raise_incarnation()')
  expect(await ledger.feed.read({ after: head, limit: 1 })).toEqual({ code: 'unknown' })
  const fresh = await ledger.feed.head()
  const runId = await scene.admit()
  expect(await readUntil(fresh, `${runId} 1`)).toEqual([`${runId} 1`])
})

it('a copy in a cluster that is behind knows no place until it is reconciled, and counts on from there', async () => {
  const before = await scene.admit()
  // What a restored copy looks like: an entry of a transaction that is still to come here.
  const ahead = 'update midwatch.entry set tx = tx + 1000000 where run_id = $1'
  await client.query(ahead, [before])
  const head = await ledger.feed.head()
  expect(await ledger.feed.read({ after: head, limit: 1 })).toEqual({ code: 'unknown' })
  await client.query('select midwatch.raise_incarnation()')
  const fresh = await ledger.feed.head()
  const after = await scene.admit()
  expect(await readUntil(fresh, `${after} 1`)).toEqual([`${after} 1`])
  const [hand, start] = [await scene.held(), await ledger.feed.read({ after: null, limit: 1_000 })]
  expect(start.code).toBe('ok')
  const ref = await hand.must(hand.begin())
  await ledger.apply([hand.settle(ref), { ...hand.begin(), seq: ref + 2 }])
  const names = await readUntil(fresh, `${hand.runId} ${ref + 2}`)
  expect(names.filter((name) => name.startsWith(hand.runId))).toEqual(
    [1, 2, 3, 4, 5].map((seq) => `${hand.runId} ${seq}`),
  )
})

it('entries from before there was a feed are read first, by run, page by page', async () => {
  const runIds = [await scene.admit(), await scene.admit()].sort()
  await client.query('update midwatch.entry set tx = 0 where run_id = any($1)', [runIds])
  await client.query('update midwatch.ledger set has_older = true')
  const page = await ledger.feed.read({ after: null, limit: 1 })
  if (page.code !== 'ok') throw new RangeError('the feed has no beginning')
  expect(page.entries.map(({ entry }) => entry.runId)).toEqual(runIds.slice(0, 1))
  const first = page.entries[0]?.position
  const upTo = await ledger.feed.read({ after: null, until: first ?? '', limit: 10 })
  expect(upTo).toEqual({ ...page, next: first })
  const newer = await scene.admit()
  const names = await readUntil(page.next, `${newer} 1`)
  expect(names.filter((name) => runIds.some((runId) => name.startsWith(runId)))).toEqual([`${runIds[1]} 1`])
  expect(names[0]).toBe(`${runIds[1]} 1`)
})
