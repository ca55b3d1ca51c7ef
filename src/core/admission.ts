import type { Overload, Priority } from './queues.js'
import type { BusyPolicy } from './sessions.js'

/** What admission fixes for a run. */
export interface Admission {
  readonly runId: string
  readonly tenant: string
  readonly agent: string
  readonly version: number
  /** Digest of the agent's data: policy, schemas, instructions. Workers claim only what they serve. */
  readonly fingerprint: string
  readonly queue: string
  /** Default `normal`; a child's is its parent's. */
  readonly priority?: Priority
  /** It belongs to what was accepted: no bound turns it away, and it is never shed. A child always does. */
  readonly owed?: boolean
  /** The caller's key, unique per tenant and agent; null makes a run of its own. */
  readonly key: string | null
  readonly session: string | null
  readonly principal: string | null
  /** First run of a lineage; null means this one. */
  readonly origin: string | null
  /** The run that it is a child of, held under `fence`, and the step of it that called it. Of the same tenant. */
  readonly parent?: { readonly runId: string; readonly fence: number; readonly step: string } | null
  /** Its place, from 1, among the children of that step, of which at most `atOnce` are due at a time, in order of `no`. */
  readonly group?: { readonly atOnce: number; readonly no: number } | null
  /** Total time until the run must have ended, ms. */
  readonly deadlineMs: number
  /** Names of the run's own meters, built in and declared. */
  readonly meters: readonly string[]
  /** Canonical JSON text of { input, … } and its salt: body of the first entry. */
  readonly body: string
  readonly salt: string
  /** Digest of the input alone, without salt: the same key with another input is a conflict. */
  readonly inputDigest: string
  /** When its session's active run has not ended; `queue` when it is left out. */
  readonly whileBusy?: BusyPolicy
  /** The message's place in its session as its sender numbers them, from 1. */
  readonly sequence?: number
  /** How long numbers that are missing before it are waited for. */
  readonly gapMs?: number
  /** The session expires when nothing comes for so long; fixed by the message that opens it. */
  readonly idleMs?: number
}

/**
 * existing: the key was used before with the same input · conflict: with another one, or another number · busy: another run
 * is active · closed · sequenced: the session's messages are numbered, this one is not · unsequenced: the other way round ·
 * sequence_taken: another message has this number · sequence_passed: it was given up, or worked without · fenced: its parent is
 * not held under that fence · sealed: its group takes no more · overloaded: a bound on what waits to begin leaves no room.
 */
export interface Admitted {
  readonly code:
    | 'ok'
    | 'existing'
    | 'conflict'
    | 'busy'
    | 'closed'
    | 'sequenced'
    | 'unsequenced'
    | 'sequence_taken'
    | 'sequence_passed'
    | 'fenced'
    | 'sealed'
    | 'overloaded'
  /** ok: the run · existing, conflict, sequence_taken: the run that has the key or number · busy: the active run. */
  readonly runId: string
  /** overloaded: where, and when to ask again. */
  readonly overload?: Overload
  /** ok: runs that were ended before they began, to make room for this one. */
  readonly shed?: readonly string[]
}
