import { expect, it } from 'vitest'
import { manyFollowers } from './many-followers.js'

it('clients that leave, come back and are slow miss and repeat no place while steps are written', {
  timeout: 120_000,
}, async () => {
  const { wrong, steps, lateCommits, returns, entries } = await manyFollowers({
    ...{ onLedger: 4, onRuns: 16 },
    ...{ stepsPerSecond: 200, seconds: 1 },
  })
  expect(wrong).toEqual([])
  expect([steps, entries > 400, lateCommits > 0, returns > 4]).toEqual([200, true, true, true])
})
