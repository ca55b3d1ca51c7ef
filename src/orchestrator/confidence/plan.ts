import { checkLow, type LowConfidence } from '../../govern/confidence/low.js'
import type { Model } from '../../models/port.js'
import { type ModelSettings, modelSettings } from '../../models/settings.js'
import { invalid } from '../invalid.js'

/** How sure an agent must be before it acts, or before it says that it is done. */
export interface ConfidenceOptions {
  /** Above 0 and at most 1: what is below is not let pass. */
  readonly below: number
  /**
   * `samples`: the same prompt is asked so often in all, from 2 on, and the number is the share of the other answers that propose
   * the very same · `verifier`: a model is shown the proposal with its evidence, and gives the number.
   */
  readonly by: { readonly samples: number } | { readonly verifier: Model }
  /** `effects`: each call that changes something · `outcome`: what the run would complete with. */
  readonly before: 'effects' | 'outcome'
  /** Default `refuse`. */
  readonly otherwise?: LowConfidence
}

export interface ConfidencePlan {
  readonly below: number
  readonly before: ConfidenceOptions['before']
  /** How often a prompt is asked in all; null where a verifier is asked. */
  readonly samples: number | null
  readonly verifier: ModelSettings | null
  readonly otherwise: LowConfidence
}

const MOST_SAMPLES = 20

/** Throws `invalid_definition` for a bar that nothing or everything passes, or an estimator that is none. */
export function confidencePlanOf(agent: string, options: ConfidenceOptions | undefined): ConfidencePlan | null {
  if (options === undefined) return null
  const { below, by, before, otherwise = 'refuse' } = options
  if (!(typeof below === 'number' && below > 0 && below <= 1))
    throw invalid(agent, `confidence.below is above 0 and at most 1, not ${below}.`)
  if (before !== 'effects' && before !== 'outcome') throw invalid(agent, "confidence.before is 'effects' or 'outcome'.")
  checkLow(agent, otherwise)
  const samples = 'samples' in by ? by.samples : null
  if (samples !== null && !(Number.isSafeInteger(samples) && samples >= 2 && samples <= MOST_SAMPLES))
    throw invalid(agent, `confidence.by.samples is a whole number from 2 to ${MOST_SAMPLES}, not ${samples}.`)
  return { below, before, samples, verifier: 'verifier' in by ? modelSettings(by.verifier) : null, otherwise }
}

/** What of it decides what a run does, for the fingerprint. */
export function confidenceData({ verifier, ...plan }: ConfidencePlan): unknown {
  return { ...plan, verifier: verifier && [verifier.model.modelId, verifier.maxOutputTokens] }
}
