import type { MeterKind, Window } from './meters.js'
import type { EpochMs } from './time.js'

/**
 * What becomes of a message that comes while its session's active run has not ended. queue: it waits for its turn ·
 * steer: the active run is told of it, and may take it in · replace: the active run is ended, and it follows · refuse.
 */
export type BusyPolicy = 'queue' | 'steer' | 'replace' | 'refuse'

/** A session's state as its agent wrote it: `version` is the agent's own, `text` canonical JSON. */
export interface SessionState {
  readonly version: number
  readonly text: string
}

/** One conversation or case. */
export interface SessionRow {
  readonly tenant: string
  readonly session: string
  /** Greatest number that a message was given. */
  readonly lastNo: number
  /** Greatest number that had its turn: worked, taken in by another run, or given up. */
  readonly turnNo: number
  /** The run whose turn it is, while it has not ended. */
  readonly active: string | null
  /** Whether its messages bring their numbers with them; the first one decides, for good. */
  readonly sequenced: boolean
  /** When the missing numbers before the next message are given up; null while nothing waits for any. */
  readonly gapDueAt: EpochMs | null
  readonly state: SessionState | null
  readonly closed: { readonly by: string; readonly reason: string | null; readonly at: EpochMs } | null
  /** How often it was opened: by its first message, and by the first after each expiry. */
  readonly opened: number
  readonly openedAt: EpochMs
  /** Its last message, or the last end of an active run. */
  readonly lastAt: EpochMs
  readonly idleMs: number | null
}

export interface SessionFilter {
  readonly tenant?: string
  /** Of any of these tenants. */
  readonly tenants?: readonly string[]
  readonly closed?: boolean
  /** Rows behind this one, in order of tenant and session. */
  readonly after?: { readonly tenant: string; readonly session: string }
  readonly limit?: number
}

/** What is left of a journal that was pruned; head, length, outcome and own meters stay on the run's row. */
export interface Proof {
  readonly firstHash: string
  /** When its first intent was granted; null when there was none. */
  readonly beganAt: EpochMs | null
  /** What its settlements added to shared meters, by meter and window. */
  readonly sums: readonly ProofSum[]
}

export interface ProofSum {
  readonly scope: string
  readonly meter: string
  readonly kind: MeterKind
  readonly per: Window
  readonly window: EpochMs
  readonly used: number
}
