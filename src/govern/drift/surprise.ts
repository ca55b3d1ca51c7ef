import { lnGamma, normalOfT, normalQuantile } from './normal.js'
import type { Values } from './tally.js'

/**
 * How surprising a day is beside the days before it, as a normal deviate: what nothing changed for is about N(0, 1), whatever
 * the level, the noise and the number of runs. Such deviates are the Q statistics of Quesenberry, "SPC Q Charts for Start-Up
 * Processes and Short or Long Runs" (values) and "SPC Q Charts for a Poisson Parameter λ" (counts), both Journal of Quality
 * Technology 23, 1991: no level has to be known beforehand.
 */

/** Events and how many times there could have been one: refusals and runs. */
export interface Count {
  readonly events: number
  readonly of: number
}

/** Above this many events in all a normal deviate is as good as the exact sum. */
const EXACT_EVENTS = 400

/**
 * Of a day's mean on the measure's scale. Days differ by more than their runs' noise: that is estimated as the variance between
 * studies is by DerSimonian and Laird (Controlled Clinical Trials 7, 1986), so that a day of few runs tells little.
 */
export function surpriseOfValues(day: Values, before: readonly Values[]): number {
  const known = before.filter(({ n }) => n > 0)
  if (day.n === 0 || known.length < 2) return 0
  const within = withinVariance([...known, day])
  const between = betweenVariance(known, within)
  const weights = known.map(({ n }) => 1 / (within / n + between + Number.EPSILON))
  const weight = weights.reduce((sum, one) => sum + one, 0)
  const level = known.reduce((sum, { n, one }, i) => sum + ((weights[i] ?? 0) * one) / n, 0) / weight
  const spread = Math.sqrt(within / day.n + between + 1 / weight + Number.EPSILON)
  return normalOfT((day.one / day.n - level) / spread, known.length - 1)
}

/** Of single runs around the mean of their day. */
function withinVariance(days: readonly Values[]): number {
  const left = days.reduce((sum, { n, one, two }) => sum + Math.max(0, two - (one * one) / n), 0)
  const freedom = days.reduce((sum, { n }) => sum + n - 1, 0)
  return freedom === 0 ? 0 : left / freedom
}

/** Of the levels of days around their own mean. */
function betweenVariance(days: readonly Values[], within: number): number {
  const means = days.map(({ n, one }) => one / n)
  const all = days.reduce((sum, { n }) => sum + n, 0)
  if (within === 0) {
    const mean = means.reduce((sum, one) => sum + one, 0) / means.length
    return means.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (means.length - 1)
  }
  const level = days.reduce((sum, { one }) => sum + one, 0) / all
  const q = days.reduce((sum, { n }, i) => sum + (n * ((means[i] ?? 0) - level) ** 2) / within, 0)
  const squares = days.reduce((sum, { n }) => sum + n * n, 0)
  return Math.max(0, (within * (q - (days.length - 1))) / (all - squares / all))
}

/**
 * Of a day's events: given how many there were in all, those of the day are binomial, whatever the rate. Half of the chance of
 * exactly so many counts to either side. Where days differ by more than chance the deviate shrinks by as much.
 */
export function surpriseOfCount(day: Count, before: readonly Count[]): number {
  const known = before.filter(({ of }) => of > 0)
  const of = known.reduce((sum, one) => sum + one.of, 0)
  const events = known.reduce((sum, one) => sum + one.events, 0)
  if (day.of === 0 || of === 0 || events + day.events === 0) return 0
  const raw = binomialDeviate(day.events, day.events + events, day.of / (day.of + of))
  return raw / Math.sqrt(dispersion(known, events / of))
}

function binomialDeviate(x: number, of: number, share: number): number {
  if (of > EXACT_EVENTS) return (x - of * share) / Math.sqrt(of * share * (1 - share))
  let below = 0
  for (let k = 0; k < x; k += 1) below += chance(k, of, share)
  return normalQuantile(below + chance(x, of, share) / 2)
}

function chance(k: number, of: number, share: number): number {
  const ways = lnGamma(of + 1) - lnGamma(k + 1) - lnGamma(of - k + 1)
  return Math.exp(ways + k * Math.log(share) + (of - k) * Math.log1p(-share))
}

/** Pearson's: how much more days differ than counts of that rate do; never less than 1. */
function dispersion(days: readonly Count[], rate: number): number {
  if (rate === 0 || days.length < 2) return 1
  const sum = days.reduce((all, { events, of }) => all + (events - of * rate) ** 2 / (of * rate), 0)
  return Math.max(1, sum / (days.length - 1))
}
