import { quantile } from '../campaign/histogram.js'
import type { Tally } from '../campaign/tally.js'
import { dollars, took, whole } from './figures.js'
import type { ScenarioReport } from './report.js'

/** One measure of both sides; null where the naive twin was not asked for. */
export interface Side {
  readonly what: string
  readonly midwatch: string
  readonly naive: string | null
}

const MEASURES: readonly (readonly [what: string, of: (tally: Tally) => string])[] = [
  ['cases', ({ sums }) => whole(sums.cases)],
  ['cases that broke something', ({ sums }) => whole(sums.broken)],
  ['effects done twice', ({ sums }) => whole(sums.duplicates)],
  ['runs stuck or messages lost', ({ sums }) => whole(sums.stuck)],
  ['runs', ({ sums }) => whole(sums.runs)],
  ['spent in all', ({ sums }) => dollars(sums.usdMicros)],
  ['most spent in a case', ({ worst }) => dollars(worst.usdMicros.value)],
  ['time to outcome, median', ({ tookMs }) => took(quantile(tookMs, 0.5))],
  ['time to outcome, 95 %', ({ tookMs }) => took(quantile(tookMs, 0.95))],
  ['virtual time lived through', ({ sums }) => took(sums.virtualMs)],
]

/** Midwatch beside the naive twin, under the same seeds. */
export function sidesOf({ tally, naive }: Pick<ScenarioReport, 'tally' | 'naive'>): Side[] {
  return MEASURES.map(([what, of]) => ({ what, midwatch: of(tally), naive: naive === null ? null : of(naive) }))
}
