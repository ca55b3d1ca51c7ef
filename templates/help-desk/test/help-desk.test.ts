import { expectSurvival, rehearse } from 'midwatch/rehearse'
import { test } from 'vitest'
import scenario from '../rehearsals/help-desk.js'

// Each crash and each fault of a tool, at every place: seconds. `npx midwatch rehearse` plays far more.
test('the help desk gets through its nights', { timeout: 120_000 }, async () => {
  const faults = ['crash', 'tools'] as const
  expectSurvival(await rehearse(scenario, { mode: 'enumerate', pairs: 0, faults, file: 'rehearsals/help-desk.ts' }))
})
