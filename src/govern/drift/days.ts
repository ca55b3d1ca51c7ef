import type { DayOfScores, DriftPoint, Tally } from '../../core/drift.js'
import type { EpochMs } from '../../core/time.js'
import type { Day } from './alarms.js'
import { together } from './tally.js'

/** The days of an agent, all versions together, in order. */
export function daysOf(points: readonly DriftPoint[]): Day[] {
  const byDay = new Map<EpochMs, Tally[]>()
  for (const { at, span, tally } of points) {
    if (span !== 'day') continue
    const known = byDay.get(at)
    if (known) known.push(tally)
    else byDay.set(at, [tally])
  }
  return [...byDay].sort(([a], [b]) => a - b).map(([at, tallies]) => ({ at, tally: together(tallies) }))
}

/** Scores as points: they are not folded, for they may come long after their run. */
export function scorePoints(days: readonly DayOfScores[]): DriftPoint[] {
  return days.map(({ agent, version, name, at, count, sum, sumSquares }) => {
    const of = (part: string) => `score:${name}:${part}`
    const tally = { [of('n')]: count, [of('sum')]: sum, [of('one')]: sum, [of('two')]: sumSquares }
    return { agent, version, span: 'day', at, tally }
  })
}
