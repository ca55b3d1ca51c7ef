import type { Side } from '../world/witness.js'
import type { Case } from './cases.js'

/** One message on its way to a desk. */
export interface Delivery {
  readonly case: Case
  /** Names message and case: the caller's key. A second delivery of the same message has the same. */
  readonly key: string
  readonly session: string
  readonly text: string
}

/** How a message ended, as far as its desk can say. */
export type EndedStatus =
  | 'completed'
  | 'refused'
  | 'handed_over'
  | 'exhausted'
  | 'failed'
  | 'killed'
  | 'crashed'
  | 'stuck'

/** How one delivery ended, by its desk's own account; what was done is counted from the journal instead. */
export interface Ended {
  readonly side: Side
  readonly delivery: Delivery
  readonly status: EndedStatus
  readonly why: string
  readonly latencyMs: number
  readonly steps: number
  readonly retries: number
  /** '' on the naive side, which keeps nothing to look at. */
  readonly runId: string
  /** A person was asked and answered, or was waited for. */
  readonly asked: boolean
  readonly approved: boolean
}

/** A desk at work: messages go in, and after a while each has ended. */
export interface WorkingDesk {
  readonly side: Side
  deliver(delivery: Delivery): Promise<Ended>
}
