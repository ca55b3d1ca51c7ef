import { expectSurvival, rehearse } from 'midwatch/rehearse'
import { expect, it } from 'vitest'
import { rehearsal } from './rehearsal.js'

it('the refund desk survives its rehearsal', { timeout: 120_000 }, async () => {
  const report = await rehearse(rehearsal, {
    mode: 'explore',
    cases: 60,
    naive: true,
    file: 'examples/refund-desk/rehearsal.ts',
  })
  expectSurvival(report)
  expect(report.cases).toBeGreaterThanOrEqual(60)
})
