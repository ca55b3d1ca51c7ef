import { OUTCOMES, type OutcomeStatus } from '../../core/states.js'
import { type Duration, durationMs } from '../../core/time.js'
import type { Ceilings } from '../../govern/ceilings.js'
import type { CodeScorer } from '../../govern/scores/scorer.js'
import type { Model } from '../../models/port.js'
import { type ModelSettings, modelSettings } from '../../models/settings.js'
import { invalid } from '../invalid.js'

/** A score that a model gives, of a share of the runs. */
export interface VerifierScorer {
  readonly name: string
  readonly by: { readonly verifier: Model }
  /** What a good outcome is: the model is asked how far it is met, from 0 to 1. */
  readonly ask: string
  /** The share of runs that is scored, above 0 and at most 1, chosen by their ids; default all. */
  readonly sample?: number
  /** Which outcomes are scored; default those that are `completed`. */
  readonly on?: readonly OutcomeStatus[]
}

/** A score of 0, named `reopened`, for a completed run whose session gets another message so soon. */
export interface ReopenedScorer {
  readonly by: 'reopened'
  readonly within: Duration
}

export type ScoreOption<O> = CodeScorer<O> | VerifierScorer | ReopenedScorer

/** What the runs may use in which models score: they are runs of their own. A `usd` of each, $0.05 unless it is named. */
export interface ScoringOptions {
  readonly ceilings?: Ceilings<never>
}

export interface VerifierPlan {
  readonly name: string
  readonly model: ModelSettings
  readonly ask: string
  readonly share: number
  readonly on: readonly OutcomeStatus[]
}

/** How the runs of an agent are scored. */
export interface ScorePlan {
  readonly code: readonly CodeScorer<never>[]
  readonly verifiers: readonly VerifierPlan[]
  readonly reopenedMs: number | null
}

/** Names that people and cases give. */
export const THUMB = 'thumb'
export const REOPENED = 'reopened'

/** Throws `invalid_definition` for a name that is none, or stands there twice, and for a share that nothing falls into. */
export function scorePlanOf(agent: string, options: readonly ScoreOption<never>[] | undefined): ScorePlan | null {
  if (options === undefined || options.length === 0) return null
  const [code, verifiers]: [CodeScorer<never>[], VerifierPlan[]] = [[], []]
  const names = new Set([THUMB, REOPENED])
  let reopenedMs: number | null = null
  for (const one of options) {
    if (one.by === 'reopened') {
      if (reopenedMs !== null) throw invalid(agent, "scores: 'reopened' stands there twice.")
      reopenedMs = durationMs(one.within)
      continue
    }
    if (!/^[a-zA-Z][a-zA-Z0-9_]{0,63}$/.test(one.name) || names.has(one.name))
      throw invalid(agent, `scores: '${one.name}' is no name of its own: letters, digits and _, at most 64.`)
    names.add(one.name)
    if (one.by === 'code') code.push(one)
    else verifiers.push(verifierPlanOf(agent, one as VerifierScorer))
  }
  return { code, verifiers, reopenedMs }
}

function verifierPlanOf(
  agent: string,
  { name, by, ask, sample = 1, on = ['completed'] }: VerifierScorer,
): VerifierPlan {
  if (!(sample > 0 && sample <= 1)) throw invalid(agent, `scores.${name}: sample is above 0 and at most 1.`)
  if (typeof ask !== 'string' || ask === '') throw invalid(agent, `scores.${name}: ask says what a good outcome is.`)
  const wrong = on.find((status) => !OUTCOMES.includes(status))
  if (wrong !== undefined) throw invalid(agent, `scores.${name}: on: '${wrong}' is none of ${OUTCOMES.join(', ')}.`)
  return { name, model: modelSettings(by.verifier), ask, share: sample, on }
}
