import { readFileSync } from 'node:fs'
import type { Break } from '../campaign/breaks.js'
import type { Mode, ScenarioResult } from '../campaign/campaign.js'
import { replayCommand } from '../campaign/replay-command.js'

/** Something that broke, and the one command that plays its smallest case again. */
export interface BreakReport extends Break {
  readonly replay: string
}

export interface ScenarioReport extends Omit<ScenarioResult, 'breaks'> {
  /** As it was named: relative to where the rehearsal was begun. */
  readonly file: string
  readonly ok: boolean
  /** Highest rate of violations that so many cases without one leave open at 95 %: 3/N. null where something broke. */
  readonly below: number | null
  readonly breaks: readonly BreakReport[]
}

/** What a rehearsal came to. JSON with stable keys (docs/rehearsal.md). */
export interface Report {
  readonly midwatch: string
  readonly node: string
  readonly mode: Mode | 'real'
  readonly seed: number
  readonly ok: boolean
  /** True where time or a signal ended it before everything that was planned was played. */
  readonly stopped: boolean
  readonly cases: number
  readonly runs: number
  readonly processes: number
  /** Wall time, shrinking included. */
  readonly tookMs: number
  readonly casesPerSecond: number
  readonly scenarios: readonly ScenarioReport[]
}

/** What is known of a rehearsal beside its results. */
export interface Circumstances {
  readonly mode: Mode | 'real'
  readonly seed: number
  readonly stopped: boolean
  readonly processes: number
  readonly tookMs: number
  /** The file of each scenario, by name. */
  readonly files: ReadonlyMap<string, string>
}

export const { version: MIDWATCH_VERSION } = JSON.parse(
  readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
) as { version: string }

export function reportOf(results: readonly ScenarioResult[], about: Circumstances): Report {
  const { mode, seed, stopped, processes, tookMs, files } = about
  const scenarios = results.map((one) => scenarioReport(one, files))
  const sum = (of: 'cases' | 'runs') => results.reduce((total, { tally }) => total + tally.sums[of], 0)
  const cases = sum('cases')
  return {
    midwatch: MIDWATCH_VERSION,
    node: process.version,
    mode,
    seed,
    ok: cases > 0 && scenarios.every((one) => one.ok),
    stopped,
    cases,
    runs: sum('runs'),
    processes,
    tookMs: Math.round(tookMs),
    casesPerSecond: Math.round((cases / Math.max(1, tookMs)) * 1_000),
    scenarios,
  }
}

function scenarioReport(result: ScenarioResult, files: ReadonlyMap<string, string>): ScenarioReport {
  const { broken, cases } = result.tally.sums
  const file = files.get(result.name) ?? `rehearsals/${result.name}.ts`
  const alone = [...files.values()].filter((one) => one === file).length < 2
  const breaks = result.breaks.map((one) => ({ ...one, replay: replayCommand(one.case, file, alone) }))
  const ok = broken === 0 && result.lost.length === 0 && cases > 0
  return { ...result, file, ok, below: ok ? Math.min(1, 3 / cases) : null, breaks }
}
