import { expect, it } from 'vitest'
import { batchNight, describeBatch, describeTree, treeNight } from './nights.js'
import { rowKey } from './scene.js'

/** Few enough that the end is near. */
const DEATHS = { ms: 1_000, most: 4 }

it('each row of a batch is worked once though its workers are killed, and the result names the bad ones', async () => {
  const one = await batchNight(240, DEATHS)
  console.log(describeBatch(one))
  expect(one.outcome).toEqual({ status: 'completed', output: { done: 237, failed: [37, 137, 237].map(rowKey) } })
  expect([one.twice, one.missing, one.violations]).toEqual([0, 0, []])
  expect(one.kills).toBeGreaterThan(0)
}, 120_000)

it('a tenant ceiling that breaks in the deepest of runs three deep holds though their workers are killed', async () => {
  const one = await treeNight(6, DEATHS)
  console.log(describeTree(one))
  expect([one.overshoot, one.odd, one.twice, one.violations]).toEqual([0, 0, 0, []])
  expect(one.taken).toBe(one.limit)
  expect(one.most).toBe(one.limit)
  expect(one.refusals).toBeGreaterThan(0)
  expect(one.runs).toBe(6 * 7)
  expect(one.kills).toBeGreaterThan(0)
}, 120_000)
