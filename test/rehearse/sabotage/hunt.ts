import type { Build } from '../../../src/rehearse/build.js'
import type { FaultRates } from '../../../src/rehearse/fault.js'
import { play } from '../../../src/rehearse/play.js'
import type { Scenario } from '../../../src/rehearse/scenario.js'
import type { Verdict } from '../../../src/rehearse/verdict.js'

/** A broken build, and what it is hunted with. */
export interface Quarry {
  readonly what: string
  readonly build: Build
  /** Stories that are played; all of the scenario's where none is named. */
  readonly stories?: readonly string[]
  readonly rates?: FaultRates
  /** What must tell of it: an invariant (`I4`), or words of a broken rule or expectation. */
  readonly toldBy: string
}

/** How a broken build was found. `cases`: how many were played, the telling one included. */
export interface Catch {
  readonly cases: number
  readonly story: string
  readonly seed: number
  readonly says: string
}

/** Plays seed after seed of a broken build until a rule tells of it; null when none did within so many cases. */
export async function hunt(scenario: Scenario, quarry: Quarry, most: number): Promise<Catch | null> {
  const stories = quarry.stories ?? scenario.options.stories.map(({ name }) => name)
  const rates = quarry.rates === undefined ? {} : { rates: quarry.rates }
  for (let cases = 1, seed = 1; cases <= most; seed += 1) {
    for (const story of stories) {
      const verdict = await play(scenario, { story, seed, strikes: null, ...rates }, { build: quarry.build })
      const says = tellsOf(verdict, quarry.toldBy)
      if (says !== undefined) return { cases, story, seed, says }
      cases += 1
    }
  }
  return null
}

function tellsOf({ violations, broken }: Verdict, toldBy: string): string | undefined {
  const told = [...violations.map(({ invariant, what }) => `${invariant}: ${what}`), ...broken]
  return told.find((sentence) => sentence.includes(toldBy))
}
