import type { DriftPoint, Release, Tally } from '../../core/drift.js'
import type { EpochMs } from '../../core/time.js'
import { WEEK_MS, weekOf } from './calendar.js'
import { countsUnder, meanOf, quantileOf, together } from './tally.js'

/** What the runs of an agent came to that ended in one week; with a version, of that version alone. */
export interface Week {
  /** Its Monday, 00:00 UTC. */
  readonly week: EpochMs
  readonly version: number | null
  /** Runs that ended; continuations and messages that another run took in are none. */
  readonly runs: number
  readonly completed: number
  /** By outcome. */
  readonly outcomes: Readonly<Record<string, number>>
  /** Of a completed run, the mean. null: none completed. */
  readonly tokens: number | null
  readonly reasoningTokens: number | null
  readonly usdMicros: number | null
  /** All that was spent, by whatever became of it. */
  readonly spentUsdMicros: number
  readonly attemptsPerStep: number | null
  /** Tokens by which prompts grew from call to call. */
  readonly contextSlope: number | null
  /** Of completed runs, from admission to end. */
  readonly latencyMs: { readonly p50: number | null; readonly p95: number | null }
  readonly refusals: number
  readonly escalations: number
  readonly signals: Readonly<Record<string, number>>
  /** Failures by owner. */
  readonly owners: Readonly<Record<string, number>>
  /** Means of scores by name, from 0 to 1. */
  readonly scores: Readonly<Record<string, number>>
  /** Runs under way at a time, on the mean: the load. */
  readonly underWay: number
  /** Runs of which not all could be read: their words had been erased. */
  readonly erased: number
}

/** Of an agent: its weeks over all versions, each version's weeks, and when versions began. */
export interface Series {
  readonly agent: string
  readonly weeks: readonly Week[]
  readonly versions: readonly { readonly version: number; readonly weeks: readonly Week[] }[]
  readonly releases: readonly Release[]
  /** How tokens go with load, over its days: Spearman's rank correlation; null for fewer than ten days. */
  readonly tokensAgainstLoad: number | null
}

/** Weekly series from the daily points of one agent; `until`: the current week counts as long as it has lasted. */
export function seriesOf(
  agent: string,
  points: readonly DriftPoint[],
  releases: readonly Release[],
  until: EpochMs,
): Series {
  const own = points.filter((point) => point.agent === agent && point.span === 'day')
  const versions = [...new Set(own.map(({ version }) => version))].sort((a, b) => a - b)
  return {
    agent,
    weeks: weeksOf(own, null, until),
    versions: versions.map((version) => ({
      version,
      weeks: weeksOf(
        own.filter((point) => point.version === version),
        version,
        until,
      ),
    })),
    releases: releases.filter((one) => one.agent === agent).sort((a, b) => a.version - b.version),
    tokensAgainstLoad: againstLoad(own),
  }
}

function weeksOf(points: readonly DriftPoint[], version: number | null, until: EpochMs): Week[] {
  const byWeek = new Map<EpochMs, Tally[]>()
  for (const { at, tally } of points) byWeek.set(weekOf(at), [...(byWeek.get(weekOf(at)) ?? []), tally])
  const sorted = [...byWeek].sort(([a], [b]) => a - b)
  return sorted.map(([week, tallies]) => weekFrom(week, version, together(tallies), Math.min(WEEK_MS, until - week)))
}

function weekFrom(week: EpochMs, version: number | null, tally: Tally, lastedMs: number): Week {
  const of = (name: string) => tally[name] ?? 0
  const outcomes = countsUnder(tally, 'outcome:')
  return {
    ...{ week, version, outcomes, runs: of('runs'), completed: outcomes.completed ?? 0 },
    tokens: meanOf(tally, 'tokens'),
    reasoningTokens: meanOf(tally, 'reasoning_tokens'),
    usdMicros: meanOf(tally, 'usd'),
    spentUsdMicros: of('usd'),
    attemptsPerStep: of('steps') === 0 ? null : of('attempts') / of('steps'),
    contextSlope: meanOf(tally, 'context_slope'),
    latencyMs: { p50: quantileOf(tally, 'latency', 0.5), p95: quantileOf(tally, 'latency', 0.95) },
    ...{ refusals: of('refusals'), escalations: of('escalations') },
    ...{ signals: countsUnder(tally, 'signal:'), owners: countsUnder(tally, 'owner:'), scores: scoresIn(tally) },
    underWay: lastedMs <= 0 ? 0 : of('under_way_ms') / lastedMs,
    erased: of('erased'),
  }
}

function scoresIn(tally: Tally): Record<string, number> {
  const found: Record<string, number> = {}
  for (const key of Object.keys(countsUnder(tally, 'score:'))) {
    const name = key.slice(0, key.lastIndexOf(':'))
    found[name] = meanOf(tally, `score:${name}`) ?? 0
  }
  return found
}

const DAYS_FOR_RANKS = 10

function againstLoad(points: readonly DriftPoint[]): number | null {
  const byDay = new Map<EpochMs, Tally[]>()
  for (const { at, tally } of points) byDay.set(at, [...(byDay.get(at) ?? []), tally])
  const days = [...byDay.values()].map(together).filter((tally) => meanOf(tally, 'tokens') !== null)
  if (days.length < DAYS_FOR_RANKS) return null
  const tokens = ranks(days.map((tally) => meanOf(tally, 'tokens') ?? 0))
  return correlation(tokens, ranks(days.map((tally) => tally.under_way_ms ?? 0)))
}

/** Ranks from 1; equals share theirs. */
function ranks(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b)
  return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2 + 1)
}

function correlation(a: readonly number[], b: readonly number[]): number | null {
  const mean = (a.length + 1) / 2
  let [ab, aa, bb] = [0, 0, 0]
  for (const [i, one] of a.entries()) {
    const [x, y] = [one - mean, (b[i] ?? mean) - mean]
    ab += x * y
    aa += x * x
    bb += y * y
  }
  return aa === 0 || bb === 0 ? null : ab / Math.sqrt(aa * bb)
}
