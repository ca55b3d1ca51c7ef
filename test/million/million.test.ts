import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Ledger } from '../../src/core/ledger.js'
import { LIMITS } from '../../src/core/limits.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { Scene } from '../../src/testing/conformance/scene.js'
import { freshDatabase, type TestDatabase } from '../database.js'
import { Crowd } from './crowd.js'

const STIRRED = 6_400
/** So many at a time, three times, then a second later. */
const AT_ONCE = 32

let database: TestDatabase
let ledger: Ledger
let crowd: Crowd
let scene: Scene
let now = 0

async function pass(ms: number): Promise<void> {
  now += ms
  await database.setClock(now)
}

beforeAll(async () => {
  database = await freshDatabase()
  ledger = await postgresLedger({ url: database.url })
  now = await ledger.now()
  await pass(0)
  scene = new Scene({ ledger, advance: pass, close: () => ledger.close() })
  const hand = await scene.held()
  await hand.must(hand.park({ dueInMs: 7_200_000 }))
  crowd = await Crowd.gather(database.url, hand.runId, 12_000)
})
afterAll(async () => {
  await crowd?.leave()
  await ledger?.close()
  await database?.drop()
})

/** Pages that the claim of the only run that is due touches. */
async function pagesOfOne(workerId: number, no: number): Promise<number> {
  await crowd.makeDue(no, 0)
  return crowd.pagesOfClaim(workerId)
}

it('a claim touches few pages though an open snapshot keeps all that was ever due, and finds in time what is due since long', async () => {
  const workerId = await scene.worker({ leaseMs: 3_600_000 })
  // The first ones read the catalogue, too.
  for (let no = 10_101; no < 10_108; no += 1) await pagesOfOne(workerId, no)
  const before = await pagesOfOne(workerId, 10_001)
  await crowd.openSnapshot()
  await crowd.stir(ledger, workerId, { times: STIRRED, atOnce: AT_ONCE, next: () => pass(1_000) })

  // Whoever comes anew looks at everything once: that is what each claim would cost.
  const stranger = await scene.worker({ leaseMs: 3_600_000 })
  const whole = await pagesOfOne(stranger, 10_002)
  expect(whole).toBeGreaterThan(before + STIRRED / 8)
  const quick = [await pagesOfOne(stranger, 10_003), await pagesOfOne(stranger, 10_004)]
  // Those of three seconds are walked over at most.
  expect(Math.max(...quick)).toBeLessThan(before + 4 * 3 * AT_ONCE)

  // Whoever held all of them dies: that is walked over once more, and by none of the looks after it.
  await ledger.workers.retire({ workerId })
  expect(await scene.claims(stranger)).toHaveLength(8)
  await pass(310)
  const afterDeath = await pagesOfOne(stranger, 10_005)
  await pass(100)
  expect(await pagesOfOne(stranger, 10_006)).toBeLessThan(before + 4 * 3 * AT_ONCE)
  expect(afterDeath).toBeGreaterThan(before + STIRRED / 8)

  // Committed late: one look in a second goes back so far, long before one looks at everything.
  await crowd.makeDear(stranger)
  const justNow = await crowd.makeDue(10_007, 1_500)
  expect(await scene.claims(stranger)).toEqual([])
  await pass(1_000)
  expect(await scene.claims(stranger)).toEqual([justNow])

  // Of many that are due a few at a time are given, so that no claim takes long.
  for (let no = 11_001; no < 11_001 + 2 * LIMITS.claim_clipped; no += 1) await crowd.makeDue(no, 0)
  expect(await ledger.claim({ workerId: stranger, limit: LIMITS.claim_batch })).toHaveLength(LIMITS.claim_clipped)
  expect(await ledger.claim({ workerId: stranger, limit: LIMITS.claim_batch })).toHaveLength(LIMITS.claim_clipped)

  const late = await crowd.makeDue(10_008, 3_600_000)
  expect(await scene.claims(stranger)).toEqual([])
  await pass(61_000)
  expect(await scene.claims(stranger)).toEqual([late])
}, 60_000)
