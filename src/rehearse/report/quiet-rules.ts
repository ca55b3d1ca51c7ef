import type { Tally } from '../campaign/tally.js'
import { counted } from './figures.js'

/**
 * Rules that the rehearsal never saw at work: no call was refused by them or put before people, or only where a fault had
 * struck. A hint and no failure: without them all would have held as well. A sentence each, none where all rules spoke.
 */
export function quietRules({ rules }: Pick<Tally, 'rules'>): string[] {
  const named = Object.entries(rules).sort(([a], [b]) => (a < b ? -1 : 1))
  const never = named.flatMap(([rule, { allowed, stopped }]) =>
    stopped > 0 ? [] : [`${rule} (${allowed === 0 ? 'no call was begun' : `${counted(allowed, 'call')} allowed`})`],
  )
  const struck = named.flatMap(([rule, { stopped, calm }]) => (stopped > 0 && calm === 0 ? [rule] : []))
  return [
    ...(never.length === 0 ? [] : [`rules that never said no: ${never.join(', ')}`]),
    ...(struck.length === 0 ? [] : [`rules that said no under faults alone: ${struck.join(', ')}`]),
  ]
}
