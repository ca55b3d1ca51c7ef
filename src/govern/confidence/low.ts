import { MidwatchError } from '../../core/errors.js'
import type { Verdict } from '../verdict.js'

/**
 * What becomes of what is below the bar. `refuse` (default): of a call the model reads a refusal, which is a strike; an outcome
 * ends the run as refused · `escalate(…)`: a person decides · `handOver`: the run ends, and whoever is named takes over.
 */
export type LowConfidence = 'refuse' | Verdict | { readonly handOver: string }

/** An estimate of how sure one proposal is. */
export interface Estimate {
  /** The tool; `outcome` for an outcome. */
  readonly of: string
  /** Digest of its arguments, or of the outcome. */
  readonly args: string
  /** From 0 to 1. */
  readonly confidence: number
  readonly below: number
  readonly by: 'samples' | 'verifier'
  /** How many answers there were in all, and how many of the others agreed; null for a verifier. */
  readonly samples: number | null
  readonly agreed: number | null
  /** What the verifier said, or why there is no answer; null for samples. */
  readonly why: string | null
  /** The model that was asked, the steps in which it was, and what they cost. */
  readonly model: string
  readonly asked: readonly string[]
  readonly usdMicros: number
}

export const isLow = ({ confidence, below }: Pick<Estimate, 'confidence' | 'below'>): boolean => confidence < below

/** One sentence that a person, or the model, can read. */
export function lowText({ confidence, below, samples, agreed, why }: Estimate): string {
  const how =
    samples === null ? `the verifier: ${why ?? 'no reason'}` : `${agreed} of ${samples - 1} other answers agreed`
  return `Confidence is ${round(confidence)}, below ${below} (${how}).`
}

const round = (value: number): number => Math.round(value * 100) / 100

/** The rule of a refusal for want of confidence. */
export const CONFIDENCE_RULE = 'confidence'

/** What is said of a proposal whose confidence is low, where its rule lets it pass: the rule's own no, or its own people, stand. */
export function lowVerdict(ruled: Verdict, estimate: Estimate, otherwise: LowConfidence): Verdict {
  if (ruled.verdict === 'refuse' || otherwise === 'refuse' || 'handOver' in otherwise) {
    if (ruled.verdict === 'refuse') return ruled
    const say = `${lowText(estimate)} Find out more first, or end.`
    return { verdict: 'refuse', reason: 'low_confidence', say }
  }
  return ruled.verdict === 'escalate' ? ruled : otherwise
}

/** Throws `invalid_definition` for what is none: a misspelled policy would let things pass. */
export function checkLow(agent: string, otherwise: unknown): asserts otherwise is LowConfidence {
  const given = otherwise as LowConfidence | null
  const isFine =
    given === 'refuse' ||
    (typeof given === 'object' &&
      given !== null &&
      ('handOver' in given
        ? typeof given.handOver === 'string' && given.handOver !== ''
        : given.verdict === 'escalate'))
  if (isFine) return
  const why = "confidence.otherwise is 'refuse', escalate(…) or { handOver: 'WHO' }."
  throw new MidwatchError('invalid_definition', `'${agent}': ${why}`)
}
