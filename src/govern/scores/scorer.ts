import type { JsonValue } from '../../core/json.js'
import { type EndScore, isScore } from '../../core/scores.js'
import type { Outcome } from '../../core/states.js'
import type { Facts } from '../facts.js'

/** What a scorer in code may look at beside the outcome: only what the journal holds. */
export interface ScoredRun extends Omit<Facts, 'confidence'> {
  readonly runId: string
  readonly input: JsonValue
}

/** A score that is computed: a pure function of the outcome and the journal's facts. */
export interface CodeScorer<O> {
  /** Letters, digits and _, at most 64. */
  readonly name: string
  readonly by: 'code'
  /** From 0 to 1; null: there is nothing to say of this run. */
  readonly of: (outcome: Outcome<O>, run: ScoredRun) => number | null
}

/** A scorer that gave no score, and why. */
export interface Unscored {
  readonly name: string
  readonly why: string
}

export interface Scored {
  readonly scores: readonly EndScore[]
  readonly unscored: readonly Unscored[]
}

/** What scorers say of an outcome. One that throws, or gives what is no score, gives none: it must not change how a run ends. */
export function scoresOf(scorers: readonly CodeScorer<never>[], outcome: Outcome<JsonValue>, run: ScoredRun): Scored {
  const scores: EndScore[] = []
  const unscored: Unscored[] = []
  for (const { name, of } of scorers) {
    try {
      const value = of(outcome as Outcome<never>, run)
      if (value === null) continue
      if (isScore(value)) scores.push({ name, value })
      else unscored.push({ name, why: `It gave ${String(value)}, which is no number from 0 to 1.` })
    } catch (error) {
      unscored.push({ name, why: `It threw: ${error instanceof Error ? error.message : String(error)}`.slice(0, 200) })
    }
  }
  return { scores, unscored }
}
