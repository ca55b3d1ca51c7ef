/**
 * Compensation signals: an agent that makes up for what it does not get. Each is a pure function of what the journal holds,
 * of constant work per entry, and each hit comes with its evidence.
 *
 * same_call: a read is asked again and again and answers the same · a_b_a_b: two calls by turns, and nothing learnt ·
 * error_then_same_call: what just failed, unchanged · repeated_errors: failures close together ·
 * no_new_facts: calls that told nothing new · near_identical_replies: the same words again ·
 * attempts_rising: each call needs more attempts than the one before · context_slope: the prompt grows call by call ·
 * unconfirmed_claim: "I refunded you", and the ledger holds no such effect · confidence_falling: estimates fall within a run.
 */
export const SIGNALS = [
  'same_call',
  'a_b_a_b',
  'error_then_same_call',
  'repeated_errors',
  'no_new_facts',
  'near_identical_replies',
  'attempts_rising',
  'context_slope',
  'unconfirmed_claim',
  'confidence_falling',
] as const
export type SignalName = (typeof SIGNALS)[number]

/** A tool call that is over. */
export interface CalledTool {
  readonly kind: 'call'
  readonly step: string
  readonly tool: string
  /** Digest of its arguments. */
  readonly args: string
  /** Digest of what came back: the output, or the failure. */
  readonly result: string
  readonly write: boolean
  /** It was done; false: refused, or failed for good. */
  readonly ok: boolean
  readonly attempts: number
}

/** An answer of the model. */
export interface Replied {
  readonly kind: 'reply'
  readonly step: string
  readonly text: string
  /** How many tools it proposed to call. */
  readonly calls: number
  /** Size of the prompt as the provider counted it; null where it did not say. */
  readonly contextTokens: number | null
}

/** Words that leave the run: its outcome, or what it says when it refuses or hands over. */
export interface Declared {
  readonly kind: 'outcome'
  readonly step: string
  readonly text: string
}

/** How sure a proposal was found to be. */
export interface Estimated {
  readonly kind: 'estimate'
  readonly step: string
  readonly confidence: number
}

export type Happened = CalledTool | Replied | Declared | Estimated

export interface Hit {
  readonly signal: SignalName
  /** The steps that it is seen in, the last one last. */
  readonly steps: readonly string[]
  /** What was counted or measured. */
  readonly numbers: Readonly<Record<string, number>>
  /** One sentence that a person, or the model, can read. */
  readonly say: string
}

/** Sees one thing after another; a hit where what it looks for has just become true. */
export type Detector = (happened: Happened) => Hit | null

/** The same call with the same arguments. */
export const callOf = ({ tool, args }: Pick<CalledTool, 'tool' | 'args'>): string => `${tool} ${args}`

/** The same call with the same answer: it told nothing new. */
export const factOf = (call: CalledTool): string => `${callOf(call)} ${call.ok} ${call.result}`
