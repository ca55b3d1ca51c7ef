import { describe, expect, it } from 'vitest'
import { play } from '../../src/rehearse/play.js'
import type { Scenario } from '../../src/rehearse/scenario.js'
import { conversations, NO_OUTSIDE_DATA, retail } from './outside-tasks.js'

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

describe.runIf(retail)(`retail tasks under every fault (else ${NO_OUTSIDE_DATA})`, () => {
  it('are done as in the gold, or given up with nothing done twice', { timeout: 60_000 }, async () => {
    expect(retail && (await brokenIn(retail, 20))).toEqual([])
  })
})

describe.runIf(conversations)(`recorded conversations under every fault (else ${NO_OUTSIDE_DATA})`, () => {
  it('are worked in order, each write once', { timeout: 60_000 }, async () => {
    expect(conversations && (await brokenIn(conversations, 5))).toEqual([])
  })
})
