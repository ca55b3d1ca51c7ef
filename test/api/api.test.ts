import { afterAll, beforeAll, expect, it } from 'vitest'
import { verifyLedger } from '../../src/core/invariants/verify.js'
import { fuzz } from './fuzz.js'
import { sendMalformed } from './malformed.js'
import { askMatrix } from './matrix.js'
import { type Scene, scene } from './scene.js'

const SEED = 20_261_127
let at: Scene
beforeAll(async () => {
  at = await scene('memory')
})
afterAll(async () => {
  expect(at.faults).toEqual([])
  expect((await verifyLedger(at.ledger)).violations).toEqual([])
  await at.close()
})

it('each route is guarded for each role, and for tenants of others', async () => {
  const { cells, wrong } = await askMatrix(at)
  expect(wrong).toEqual([])
  expect(cells).toBeGreaterThan(180)
}, 60_000)

it('bodies that are none are refused, and change nothing', async () => {
  expect(await sendMalformed(at, { bodies: 150, seed: SEED })).toMatchObject({ unchanged: true })
}, 60_000)

it('requests made of the document get answers of the document', async () => {
  const { seen } = await fuzz(at, { shots: 250, seed: SEED })
  expect(seen.size).toBeGreaterThan(20)
}, 60_000)
