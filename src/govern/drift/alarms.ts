import type { Release, Tally } from '../../core/drift.js'
import type { EpochMs } from '../../core/time.js'
import { DAY_MS } from './calendar.js'
import { afterDay, heightFor, NOTHING, type Sum } from './cusum.js'
import { exposureOf, levelOf, type Measure, meaningOf, measuresIn, type Seen, seenBy } from './measures.js'
import { surpriseOfCount, surpriseOfValues } from './surprise.js'

/** What the runs of an agent came to that ended on a day, all versions together. */
export interface Day {
  readonly at: EpochMs
  readonly tally: Tally
}

/** A measure has another level than before. */
export interface Alarm {
  readonly measure: Measure
  readonly direction: 'up' | 'down'
  readonly meaning: 'worse' | 'better'
  /** The day that showed it, its start. */
  readonly day: EpochMs
  /** The day on which the change seems to have begun. */
  readonly since: EpochMs
  /** Levels: the days it was compared with, and those since. Means of values, or events a run (attempts again: a step). */
  readonly before: number
  readonly after: number
  /** Values or chances since the change. */
  readonly seen: number
  /** A version whose first run was on that day or the one next to it. */
  readonly version: number | null
}

/** How the watch is set. Each is part of what was proved; docs/drift.md says what for. */
export const WATCH = {
  /** A day is compared with days before the last week: what has just changed must not be what is usual. */
  guard_days: 7,
  /** With at least so many days that have runs, and at most. */
  base_days: 10,
  base_days_most: 42,
  /** False alarms in a year that all measures of an agent may raise together, and how many sums there are at most. */
  false_alarms_a_year: 0.25,
  sums: 32,
} as const

const HEIGHT = heightFor((WATCH.sums * 365) / WATCH.false_alarms_a_year)

/** Tells how surprising a day is beside those before it; a port, so that a proof can put a broken one in its place. */
export type Surprise = (day: Seen, before: readonly Seen[]) => number

export const surpriseOf: Surprise = (day, before) =>
  day.kind === 'values'
    ? surpriseOfValues(
        day,
        before.filter((one) => one.kind === 'values'),
      )
    : surpriseOfCount(
        day,
        before.filter((one) => one.kind === 'count'),
      )

/** Every change of an agent's whole days, in order of the days that showed them. Pure: the same days give the same alarms. */
export function alarmsOf(days: readonly Day[], releases: readonly Release[], surprise: Surprise = surpriseOf): Alarm[] {
  const sorted = [...days].sort((a, b) => a.at - b.at)
  const found = measuresIn(sorted.map(({ tally }) => tally)).flatMap((measure) => watched(measure, sorted, surprise))
  return found
    .map((alarm) => ({ ...alarm, version: versionAt(releases, alarm.since) }))
    .sort((a, b) => a.day - b.day || (a.measure < b.measure ? -1 : 1))
}

interface SeenDay {
  readonly at: EpochMs
  readonly seen: Seen
}

/** One measure, day by day. After an alarm the level since the change is the usual one, and is learnt anew. */
function watched(measure: Measure, days: readonly Day[], surprise: Surprise): Omit<Alarm, 'version'>[] {
  const known = days.map(({ at, tally }): SeenDay => ({ at, seen: seenBy(measure, tally) })).filter(hasRuns)
  const found: Omit<Alarm, 'version'>[] = []
  let from = Number.NEGATIVE_INFINITY
  let sums: { up: Sum; down: Sum } = { up: NOTHING, down: NOTHING }
  for (const [no, day] of known.entries()) {
    const base = baseOf(known, no, from)
    if (base.length < WATCH.base_days) continue
    const unusual = surprise(day.seen, base)
    sums = { up: afterDay(sums.up, unusual, 1), down: afterDay(sums.down, unusual, -1) }
    const direction = (['up', 'down'] as const).find((one) => sums[one].value > HEIGHT)
    if (direction === undefined) continue
    const since = known.slice(no + 1 - sums[direction].days, no + 1)
    const after = since.map(({ seen }) => seen)
    from = since[0]?.at ?? day.at
    sums = { up: NOTHING, down: NOTHING }
    found.push({
      ...{ measure, direction, meaning: meaningOf(measure, direction), day: day.at, since: from },
      ...{ before: levelOf(base) ?? 0, after: levelOf(after) ?? 0 },
      seen: after.reduce((sum, one) => sum + exposureOf(one), 0),
    })
  }
  return found
}

const hasRuns = ({ seen }: SeenDay): boolean => exposureOf(seen) > 0

/** The days that a day is compared with. */
function baseOf(known: readonly SeenDay[], no: number, from: EpochMs): Seen[] {
  const until = (known[no]?.at ?? 0) - WATCH.guard_days * DAY_MS
  const base: Seen[] = []
  for (let at = no - 1; at >= 0 && base.length < WATCH.base_days_most; at -= 1) {
    const day = known[at]
    if (day === undefined || day.at < from) break
    if (day.at < until) base.push(day.seen)
  }
  return base
}

/** The newest version that began where the change did. */
function versionAt(releases: readonly Release[], since: EpochMs): number | null {
  const near = releases.filter(({ at }) => at >= since - DAY_MS && at < since + 2 * DAY_MS)
  return near.length === 0 ? null : Math.max(...near.map(({ version }) => version))
}
