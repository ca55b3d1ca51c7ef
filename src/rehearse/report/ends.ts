import { OUTCOMES } from '../../core/states.js'
import type { Tally } from '../campaign/tally.js'

/** Runs that ended alike: in cases that nothing struck, and in all others. */
export interface EndRow {
  /** An outcome, or `waiting`; of those that were exhausted one more row for each meter, set in. */
  readonly end: string
  readonly calm: number
  readonly struck: number
}

/** How runs ended. What no calm run comes to, a rehearsal shows under faults alone. */
export function endsOf({ outcomes, calmOutcomes, exhausted, calmExhausted }: Tally): EndRow[] {
  const row = (end: string, all = 0, calm = 0): EndRow[] => (all === 0 ? [] : [{ end, calm, struck: all - calm }])
  const meters = Object.keys(exhausted).sort()
  return [...OUTCOMES, 'waiting'].flatMap((end) => [
    ...row(end, outcomes[end], calmOutcomes[end]),
    ...(end === 'exhausted' ? meters : []).flatMap((one) => row(`  by ${one}`, exhausted[one], calmExhausted[one])),
  ])
}
