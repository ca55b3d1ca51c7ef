import type { Strike } from '../fault.js'
import type { Place } from '../site.js'
import type { Verdict } from '../verdict.js'
import type { Case } from './case.js'
import { mergeTally, newTally, type Tally } from './tally.js'
import type { Visits } from './visits.js'

/** What is wanted of some cases beside their sums. */
export interface How {
  /** Tells for each case which visits it had beyond these. */
  readonly beyond?: Visits
  /** Gives whole verdicts too. */
  readonly verdicts?: boolean
  /** Plays aside from the campaign: nothing is counted, and nothing is new. */
  readonly aside?: boolean
}

/** What a case brought that its player had not seen before. */
export interface News {
  /** Which case of the batch. */
  readonly at: number
  readonly shape: string | null
  readonly raised: Visits
  readonly placesStruck: readonly Place[]
  /** What struck in it: by this it is played again. */
  readonly struck: readonly Strike[]
}

/** A case that something broke in. */
export interface Failed {
  readonly at: number
  readonly verdict: Verdict
}

/** A case that came to no verdict: its process died, it hung, or the rehearsal itself threw. */
export interface Lost {
  readonly at: number
  readonly case: Case
  readonly why: string
}

/** What a batch of cases came to, whoever played it. */
export interface Played {
  readonly tally: Tally
  readonly naive: Tally | null
  /** For each case, '' for a lost one. */
  readonly digests: string[]
  /** How many strikes struck, for each case. */
  readonly struck: number[]
  readonly news: News[]
  readonly failures: Failed[]
  readonly lost: Lost[]
  readonly verdicts: Verdict[]
  readonly beyond: Visits[]
}

export function nothingPlayed(naive: boolean): Played {
  const lists = { digests: [], struck: [], news: [], failures: [], lost: [], verdicts: [], beyond: [] }
  return { tally: newTally(), naive: naive ? newTally() : null, ...lists }
}

/** Puts what later cases came to behind earlier ones; `first` is where they begin in the batch. */
export function append(into: Played, from: Played, first: number): void {
  mergeTally(into.tally, from.tally)
  if (into.naive && from.naive) mergeTally(into.naive, from.naive)
  into.digests.push(...from.digests)
  into.struck.push(...from.struck)
  into.verdicts.push(...from.verdicts)
  into.beyond.push(...from.beyond)
  into.news.push(...from.news.map((one) => ({ ...one, at: one.at + first })))
  into.failures.push(...from.failures.map((one) => ({ ...one, at: one.at + first })))
  into.lost.push(...from.lost.map((one) => ({ ...one, at: one.at + first })))
}

/** In place of a case that never came to a verdict. */
export function lostCase(one: Case, why: string, naive: boolean): Played {
  const played = nothingPlayed(naive)
  played.digests.push('')
  played.struck.push(0)
  played.beyond.push({})
  played.lost.push({ at: 0, case: one, why })
  return played
}
