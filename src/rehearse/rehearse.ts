import { AssertionError } from 'node:assert'
import type { Mode } from './campaign/campaign.js'
import { readFaults } from './campaign/strike-text.js'
import { conduct } from './conduct.js'
import type { FaultLayer, FaultName } from './fault.js'
import type { Report } from './report/report.js'
import { scorecard } from './report/scorecard.js'
import type { Scenario } from './scenario.js'

const DEFAULTS = { mode: 'both', seed: 1, pairs: 50 } as const
const DEFAULT_EXPLORED = 200

export interface RehearseOptions {
  /** `enumerate`: every place, one fault at a time, then pairs · `explore`: seeds · default `both`. */
  readonly mode?: Mode
  /** Default 1. The same seed finds the same. */
  readonly seed?: number
  /** Cases explored, default 200; with mode `enumerate` the most enumerated, default all. */
  readonly cases?: number
  /** Pairs of faults enumerated for each story; default 50. */
  readonly pairs?: number
  /** Wall time after which nothing more is begun; default none, so that the result depends on the seed alone. */
  readonly seconds?: number
  /** Only these, each by its name or its layer. */
  readonly faults?: readonly (FaultName | FaultLayer)[]
  /** Plays the naive twin under the same seeds. */
  readonly naive?: boolean
  /** The file that exports the scenario: the replay command names it. Default `rehearsals/NAME.ts`. */
  readonly file?: string
  readonly signal?: AbortSignal
}

/** Rehearses a scenario in this process, and gives the report. Throws `invalid_definition` where the scenario cannot be played. */
export async function rehearse(scenario: Scenario, options: RehearseOptions = {}): Promise<Report> {
  const { mode, seed, pairs } = { ...DEFAULTS, ...options }
  const { cases = mode === 'enumerate' ? Number.POSITIVE_INFINITY : DEFAULT_EXPLORED } = options
  const { seconds, faults, naive = false, signal, file = `rehearsals/${scenario.name}.ts` } = options
  const forMs = seconds === undefined ? Number.POSITIVE_INFINITY : seconds * 1_000
  // None at all is a calm night, and no word that was forgotten.
  const chosen = faults === undefined ? null : faults.length === 0 ? [] : readFaults(faults.join(','))
  const stop = signal ?? new AbortController().signal
  const conducted = { mode, seed, cases, pairs, forMs, faults: chosen, naive, processes: 0 }
  const report = await conduct([{ scenario, file }], conducted, { stop })
  console.log(
    `Rehearsed ${scenario.name}: ${report.cases} cases, seed ${seed}, ${report.ok ? 'all hold' : 'something broke'}.`,
  )
  return report
}

/** Throws where a case broke something or came to no verdict: with the scorecard, and the command that plays it again. */
export function expectSurvival(report: Report): void {
  if (report.ok) return
  const replays = report.scenarios.flatMap(({ breaks }) => breaks.map(({ replay }) => replay))
  const message = [
    `The rehearsal did not hold (seed ${report.seed}).`,
    ...new Set(replays),
    '',
    scorecard(report),
  ].join('\n')
  throw new AssertionError({ message, actual: replays.length, expected: 0, operator: 'expectSurvival' })
}
