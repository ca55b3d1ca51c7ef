import type { Intent } from './journal.js'
import type { StepResult } from './result.js'
import type { Stop } from './stop.js'
import type { Stopwatch } from './stopwatch.js'

/** Sending again in place of a doubt: what was seen of the effect row, and whether both may be under way. */
export interface Resend {
  /** Absent where the doubt was another run's. */
  readonly supersedes?: number
  readonly saw: { readonly attempt: number; readonly evidence: number }
  readonly when: 'late' | 'early'
  readonly adopted?: boolean
}

/** How an attempt is made: under which approval, under which key, in place of which doubt. */
export interface Manner {
  readonly approval: string | null
  /** Set apart from the first effect under the same key: a person asked for it again. */
  readonly again: string | null
  readonly resend: Resend | null
}

/** A result, or another manner to try in; null: look at the record again. */
export type Next = { readonly result: StepResult } | { readonly manner: Partial<Manner> } | null

/** An attempt that the ledger granted. */
export interface Grant {
  readonly intent: Intent
  /** Aborts the attempt. */
  readonly stop: Stop
  readonly boundMs: number
  readonly watch: Stopwatch
  /** The round of its breaker that it is a probe of. */
  readonly probe: number | undefined
  readonly key: string
  /** Sent again in place of an attempt that may have acted. */
  readonly resent: boolean
  /** The key's doubt was another run's: look before acting. */
  readonly adopted: boolean
  /** Set once its check has said that what it takes over did not happen. */
  absent: boolean
}
