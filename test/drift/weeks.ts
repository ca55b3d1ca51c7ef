import type { Tally } from '../../src/core/drift.js'
import type { Day } from '../../src/govern/drift/alarms.js'
import { DAY_MS } from '../../src/govern/drift/calendar.js'
import { addRun, type RunCame } from '../../src/govern/drift/run-tally.js'
import { TallyMaker } from '../../src/govern/drift/tally.js'

/** A Monday. */
export const FIRST_DAY = Date.UTC(2026, 0, 5)

/** What an agent's runs are like, on the mean; multiplied or set by a change. */
export interface Habits {
  readonly tokens: number
  readonly latencyMs: number
  /** Chances, a run. */
  readonly refused: number
  readonly notCompleted: number
  readonly signal: number
  /** Chance that a step needs another attempt. */
  readonly again: number
}

export const HABITS: Habits = {
  tokens: 4_000,
  latencyMs: 20_000,
  refused: 0.06,
  notCompleted: 0.05,
  signal: 0.03,
  again: 0.04,
}

/** `factor` of one habit, from a day on: at once, or rising over so many days. */
export interface Change {
  readonly habit: keyof Habits
  readonly factor: number
  readonly fromDay: number
  readonly rampDays: number
}

/** Chance from a seed: mulberry32. */
export function chanceOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

function normal(next: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
}

function poisson(mean: number, next: () => number): number {
  let [count, left] = [0, Math.exp(-mean)]
  for (let p = next(); p > left; p *= next()) count += 1
  return count
}

/** By weekday from Monday: weekends are quiet. */
const LOAD = [1.15, 1.1, 1.1, 1.05, 1, 0.35, 0.3] as const
/** How much single runs differ, in logarithms, and days beyond that. */
const RUNS_DIFFER = 0.6
const DAYS_DIFFER = 0.04
/** Tokens grow a little with load: queues make prompts longer. */
const LOAD_EFFECT = 0.05

/**
 * Days of an agent with so many runs on a usual day: load by weekday and slowly growing, with noise of its own; runs whose sizes are
 * log-normal, days that differ by more than their runs do, and rates that differ from day to day.
 */
export function simulatedDays(p: {
  readonly seed: number
  readonly days: number
  readonly runsADay: number
  readonly changes?: readonly Change[]
}): Day[] {
  const next = chanceOf(p.seed * 7_919 + 13)
  return Array.from({ length: p.days }, (_, no) => {
    const load = (LOAD[no % 7] ?? 1) * (1 + (0.3 * no) / 365) * Math.exp(0.15 * normal(next))
    const habits = habitsOn(no, p.changes ?? [])
    return { at: FIRST_DAY + no * DAY_MS, tally: dayOf(poisson(p.runsADay * load, next), load, habits, next) }
  })
}

function habitsOn(day: number, changes: readonly Change[]): Habits {
  const habits: Record<keyof Habits, number> = { ...HABITS }
  for (const { habit, factor, fromDay, rampDays } of changes) {
    const share = Math.max(0, Math.min(1, rampDays === 0 ? (day >= fromDay ? 1 : 0) : (day - fromDay + 1) / rampDays))
    habits[habit] *= 1 + share * (factor - 1)
  }
  return habits
}

function dayOf(runs: number, load: number, habits: Habits, next: () => number): Tally {
  const made = new TallyMaker()
  const [size, pace, mood] = [0, 1, 2].map(() => Math.exp(DAYS_DIFFER * normal(next)))
  const tokens = habits.tokens * (size ?? 1) * load ** LOAD_EFFECT
  const latencyMs = habits.latencyMs * (pace ?? 1) * load ** (2 * LOAD_EFFECT)
  const rate = (chance: number) => chance * (mood ?? 1) ** 3
  for (let no = 0; no < runs; no += 1) addRun(made, runOf({ ...habits, tokens, latencyMs }, rate, next))
  return made.tally
}

function runOf(habits: Habits, rate: (chance: number) => number, next: () => number): RunCame {
  const size = Math.exp(RUNS_DIFFER * normal(next) - RUNS_DIFFER ** 2 / 2)
  const steps = 2 + poisson(4 * size, next)
  let attempts = steps
  for (let step = 0; step < steps; step += 1) if (next() < rate(habits.again)) attempts += 1
  const tokens = Math.round(habits.tokens * size)
  const latencyMs = habits.latencyMs * Math.exp(0.7 * normal(next)) * size ** 0.5
  return {
    outcome: next() < rate(habits.notCompleted) ? (next() < 0.5 ? 'failed' : 'exhausted') : 'completed',
    ...{ owner: null, isContinued: false, isErased: false, tokens, latencyMs, steps, attempts },
    reasoningTokens: Math.round(tokens * 0.3 * Math.exp(0.3 * normal(next))),
    usdMicros: Math.round(tokens * 2.5),
    activeMs: latencyMs * 0.6,
    refusals: next() < rate(habits.refused) ? 1 + (next() < 0.3 ? 1 : 0) : 0,
    escalations: next() < rate(0.04) ? 1 : 0,
    signals: next() < rate(habits.signal) ? { same_call: 1 } : {},
    contextSlope: 300 * size * Math.exp(0.2 * normal(next)),
  }
}
