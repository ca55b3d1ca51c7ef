import type { Release } from '../../src/core/drift.js'
import { type Alarm, alarmsOf, type Surprise } from '../../src/govern/drift/alarms.js'
import { DAY_MS } from '../../src/govern/drift/calendar.js'
import type { Measure } from '../../src/govern/drift/measures.js'
import { type Change, chanceOf, FIRST_DAY, type Habits, simulatedDays } from './weeks.js'

/** A kind of change, and the measure that must show it. */
export interface Known {
  readonly habit: keyof Habits
  readonly factor: number
  /** 0: at once. */
  readonly rampDays: number
  readonly measure: Measure
}

/** What is promised to be found within a week, of agents with at least so many runs a day as are simulated. */
export const PROMISED: readonly Known[] = [
  { habit: 'tokens', factor: 1.5, rampDays: 0, measure: 'tokens' },
  { habit: 'tokens', factor: 0.6, rampDays: 0, measure: 'tokens' },
  { habit: 'tokens', factor: 2, rampDays: 7, measure: 'tokens' },
  { habit: 'latencyMs', factor: 1.7, rampDays: 0, measure: 'latency' },
  { habit: 'refused', factor: 4, rampDays: 0, measure: 'refusals' },
  { habit: 'refused', factor: 8, rampDays: 7, measure: 'refusals' },
  { habit: 'notCompleted', factor: 4, rampDays: 0, measure: 'not_completed' },
  { habit: 'signal', factor: 6, rampDays: 0, measure: 'signal:same_call' },
  { habit: 'again', factor: 2.5, rampDays: 0, measure: 'attempts' },
]

/** Smaller ones, of which a part is found: told, not promised. */
export const SMALLER: readonly Known[] = [
  { habit: 'tokens', factor: 1.25, rampDays: 0, measure: 'tokens' },
  { habit: 'tokens', factor: 1.1, rampDays: 0, measure: 'tokens' },
  { habit: 'refused', factor: 2, rampDays: 0, measure: 'refusals' },
  { habit: 'tokens', factor: 1.5, rampDays: 90, measure: 'tokens' },
]

const WEEK_DAYS = 7
/** Days before the change, by the seed; it may come on any weekday. */
const beforeDays = (seed: number): number => 49 + Math.floor(chanceOf(seed * 31 + 7)() * 28)

export interface Played {
  readonly known: Known
  /** Days from the beginning of the change to the end of the day that showed it; null where none did within a week. */
  readonly delays: readonly (number | null)[]
  /** Of those that were found: how many were said to have come with the version that brought them. */
  readonly attributed: number
}

/** Plays a change once for each seed: is it found, on the right side of the right measure, within a week? */
export function play(known: Known, seeds: readonly number[], runsADay: number, surprise?: Surprise): Played {
  let attributed = 0
  const delays = seeds.map((seed) => {
    const fromDay = beforeDays(seed)
    const change: Change = { ...known, fromDay }
    const days = simulatedDays({ seed: seed + 1_000, days: fromDay + WEEK_DAYS, runsADay, changes: [change] })
    const at = FIRST_DAY + fromDay * DAY_MS
    const release: Release = { agent: 'a', version: 2, at: at + 3_600_000 }
    const found = alarmsOf(days, [release], surprise).find((alarm) => isOf(alarm, known) && alarm.day >= at)
    if (found === undefined) return null
    if (found.version === 2) attributed += 1
    return (found.day - at) / DAY_MS + 1
  })
  return { known, delays, attributed }
}

const isOf = ({ measure, direction }: Alarm, known: Known): boolean =>
  measure === known.measure && direction === (known.factor > 1 ? 'up' : 'down')

/** Alarms of years in which nothing changes, one year for each seed. */
export function falseAlarms(seeds: readonly number[], runsADay: number, surprise?: Surprise): Alarm[] {
  return seeds.flatMap((seed) => alarmsOf(simulatedDays({ seed, days: 365, runsADay }), [], surprise))
}

export const shareFound = ({ delays }: Played): number =>
  delays.filter((delay) => delay !== null).length / Math.max(1, delays.length)

export function medianDelay({ delays }: Played): number | null {
  const found = delays.filter((delay) => delay !== null).sort((a, b) => a - b)
  return found[found.length >> 1] ?? null
}
