import type { Tally } from '../../core/drift.js'
import type { Count } from './surprise.js'
import { countsUnder, type Values, valuesOf } from './tally.js'

/** What is watched for changes, by name; `signal:`, `owner:` and `score:` go before names that agents bring. */
export const MEASURES = [
  'tokens',
  'reasoning_tokens',
  'usd',
  'latency',
  'active',
  'context_slope',
  'attempts',
  'not_completed',
  'refusals',
  'escalations',
] as const
export type NamedMeasure = (typeof MEASURES)[number]
export type Measure = NamedMeasure | `${'signal' | 'owner' | 'score'}:${string}`

/** A day as a measure sees it: values with their mean, or events among so many. */
export type Seen = ({ readonly kind: 'values' } & Values) | ({ readonly kind: 'count' } & Count)

const VALUES: ReadonlySet<string> = new Set(['tokens', 'reasoning_tokens', 'usd', 'latency', 'active', 'context_slope'])

/** What is counted, and among what. */
const COUNTS: Readonly<Record<string, readonly [events: string, of: string]>> = {
  attempts: ['again', 'steps'],
  not_completed: ['not_completed', 'runs'],
  refusals: ['refusals', 'runs'],
  escalations: ['escalations', 'runs'],
}

export function seenBy(measure: string, tally: Tally): Seen {
  if (VALUES.has(measure) || measure.startsWith('score:')) return { kind: 'values', ...valuesOf(tally, measure) }
  const [events, of] = COUNTS[measure] ?? [measure, 'runs']
  return { kind: 'count', events: tally[events] ?? 0, of: tally[of] ?? 0 }
}

/** How many values or chances there were. */
export const exposureOf = (seen: Seen): number => (seen.kind === 'values' ? seen.n : seen.of)

/** The level of a measure over several days: the mean of its values, or events a chance; null where there was none. */
export function levelOf(seen: readonly Seen[]): number | null {
  const of = seen.reduce((sum, one) => sum + exposureOf(one), 0)
  const all = seen.reduce((sum, one) => sum + (one.kind === 'values' ? one.sum : one.events), 0)
  return of === 0 ? null : all / of
}

/** Less of nearly everything is better; of scores it is worse. */
export function meaningOf(measure: string, direction: 'up' | 'down'): 'worse' | 'better' {
  return (direction === 'up') === !measure.startsWith('score:') ? 'worse' : 'better'
}

/** The measures that these tallies know of: the named ones, and those of names that agents brought. */
export function measuresIn(tallies: readonly Tally[]): Measure[] {
  const brought = new Set<Measure>()
  for (const tally of tallies) {
    for (const of of ['signal', 'owner'] as const)
      for (const name of Object.keys(countsUnder(tally, `${of}:`))) brought.add(`${of}:${name}`)
    for (const name of Object.keys(countsUnder(tally, 'score:')))
      if (name.endsWith(':n')) brought.add(`score:${name.slice(0, -':n'.length)}`)
  }
  return [...MEASURES, ...[...brought].sort()]
}
