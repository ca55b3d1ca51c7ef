import { OUTCOMES } from '../../core/states.js'
import type { Tally } from '../campaign/tally.js'

/** Runs that ended alike: in cases that nothing struck, and in all others. */
export interface EndRow {
  /** An outcome, or `waiting`. */
  readonly end: string
  readonly calm: number
  readonly struck: number
}

/** How runs ended. What no calm run comes to, a rehearsal shows under faults alone. */
export function endsOf({ outcomes, calmOutcomes }: Tally): EndRow[] {
  return [...OUTCOMES, 'waiting'].flatMap((end) => {
    const all = outcomes[end] ?? 0
    const calm = calmOutcomes[end] ?? 0
    return all === 0 ? [] : [{ end, calm, struck: all - calm }]
  })
}
