import type { Settlement } from './entries.js'
import type { BeginOp } from './ops.js'
import type { EpochMs } from './time.js'

/** Claims are stopped until somebody has reconciled the ledger. */
export interface Stopped {
  readonly at: EpochMs
  readonly why: string
  readonly by: string
  /** What was acknowledged before this time is not lost; null where nobody knows. */
  readonly since: EpochMs | null
}

/** Where a ledger stands. */
export interface Standing {
  /** The server's identity and the line of its history: another after a promotion, and after a restore elsewhere. */
  readonly life: string
  /** The life in which claims are given; another than `life` until somebody has vouched for it. */
  readonly known: string
  readonly incarnation: number
  /** A commit that is acknowledged now is on the disk of a standby, too. */
  readonly isSynchronous: boolean
  readonly stopped: Stopped | null
}

/** What a worker last heard of the ledger: a ledger that does not know of this beat any more has lost a part. */
export interface Mark extends Pick<Standing, 'life' | 'incarnation' | 'isSynchronous'> {
  readonly workerId: number
  /** When it registered. */
  readonly startedAt: EpochMs
  /** Its last heartbeat that was acknowledged. */
  readonly beatAt: EpochMs
}

/** What of a run must be known to begin its effect again, or to ask whether it happened. */
export interface WriteOf {
  readonly tenant: string
  readonly agent: string
  readonly version: number
  readonly fingerprint: string
  readonly session: string | null
  readonly principal: string | null
  readonly origin: string
  readonly messageKey: string
}

/** A write that was granted, as its worker knows it. */
export interface Write {
  readonly of: WriteOf
  readonly op: BeginOp
  readonly at: EpochMs
  /** What became of it as far as its worker knows; null: it was not settled. */
  readonly did: Settlement | null
}

/** A write that the ledger does not have. */
export interface LostWrite {
  /** null once its words were erased. */
  readonly write: Write | null
  readonly runId: string
  readonly seq: number
  readonly by: string
  readonly at: EpochMs
  /** The run that keeps it as a doubt; null until the ledger is reconciled. */
  readonly keptAs: string | null
}

/**
 * The lives of a ledger. It goes from one to the next by a promotion or a restore; where a part was lost on the way, or may have
 * been, claims are stopped until it is reconciled.
 */
export interface Lives {
  standing(): Promise<Standing>
  /** Those that the ledger does not have: marks of its own incarnation, or of a later one, and writes that nobody told of. */
  missing(p: {
    readonly marks: readonly Mark[]
    readonly writes: readonly Write[]
  }): Promise<{ readonly marks: readonly Mark[]; readonly writes: readonly Write[] }>
  /** Stops claims and ends every lease. False when they were stopped before: the first reason stands, and the earliest `since`. */
  stop(p: { readonly why: string; readonly by: string; readonly since: EpochMs | null }): Promise<boolean>
  /** Claims are given in this life, if `known` is still the one before and nobody has stopped them. */
  accept(p: { readonly known: string; readonly life: string }): Promise<boolean>
  /** Keeps writes that the ledger does not have, for whoever reconciles it. How many were news. */
  tell(p: { readonly by: string; readonly writes: readonly Write[] }): Promise<number>
  lost(): Promise<LostWrite[]>
}

/** Why nothing is claimed, and what to do; null where it is. */
export function stopText({ stopped, life, known }: Standing): string | null {
  if (stopped !== null)
    return `Claims are stopped: ${stopped.why} Told by ${stopped.by}; look with 'midwatch reconcile', and go on with --apply.`
  if (life === known) return null
  return `The ledger is on another server or timeline (${life}) than it was (${known}), and no worker that knew it has looked yet.`
}
