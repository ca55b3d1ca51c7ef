import { describe, expect, it } from 'vitest'
import { play } from '../../src/rehearse/play.js'
import type { Scenario } from '../../src/rehearse/scenario.js'
import * as bfcl from '../bfcl/outside-data.js'
import { Counter } from '../tau/counter.js'
import * as tau from '../tau/outside-data.js'
import { Shop } from '../tau/shop.js'
import { bfclScenario } from './bfcl-scenario.js'
import { tauScenario } from './tau-scenario.js'

/** Every so-manieth story under the full catalogue; what is not as it must be, by story. */
async function brokenIn(scenario: Scenario, every: number): Promise<string[]> {
  const stories = scenario.options.stories.filter((_, i) => i % every === 0)
  const wrong: string[] = []
  for (const { name } of stories) {
    const { broken, violations, duplicates } = await play(scenario, { story: name, seed: 1, strikes: null })
    wrong.push(...[...broken, ...violations.map(({ what }) => what)].map((what) => `${name}: ${what}`))
    if (duplicates > 0) wrong.push(`${name}: ${duplicates} acts done twice`)
  }
  expect(stories.length).toBeGreaterThan(15)
  return wrong
}

describe.runIf(tau.hasOutsideData)(`retail tasks under every fault (else ${tau.NO_OUTSIDE_DATA})`, () => {
  it('are done as in the gold, or given up with nothing done twice', { timeout: 60_000 }, async () => {
    const specs = tau.readToolSpecs()
    const shop = new Shop(tau.readTables())
    const scenario = tauScenario({ tasks: tau.readTasks(), specs, shop, counter: new Counter(specs) })
    expect(await brokenIn(scenario, 20)).toEqual([])
  })
})

describe.runIf(bfcl.hasOutsideData)(`recorded conversations under every fault (else ${bfcl.NO_OUTSIDE_DATA})`, () => {
  it('are worked in order, each write once', { timeout: 60_000 }, async () => {
    const scenario = bfclScenario(bfcl.readTasks(), bfcl.readToolTexts())
    expect(await brokenIn(scenario, 5)).toEqual([])
  })
})
