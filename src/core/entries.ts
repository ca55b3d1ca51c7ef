import type { Charge } from './meters.js'
import type { EpochMs } from './time.js'

/**
 * Kinds of journal entries.
 * admit: the run and its input · claim: a worker took it · begin: an intent, with its reservation ·
 * doubt: the answer of an intent was lost · settle: what became of an intent · note: a decision, a signal,
 * folded mail · park · end · audit: after the end, reconciliation and evidence alone.
 */
export const ENTRY_KINDS = ['admit', 'claim', 'begin', 'doubt', 'settle', 'note', 'park', 'end', 'audit'] as const
export type EntryKind = (typeof ENTRY_KINDS)[number]

/** What became of an intent. `failed`: a read or a model call gave no result. `performed` confirms an effect. */
export const SETTLEMENTS = ['performed', 'not_performed', 'failed'] as const
export type Settlement = (typeof SETTLEMENTS)[number]

/** A charge as the ledger granted or settled it: its window is the one that the database picked at the grant. */
export interface StampedCharge extends Charge {
  /** Start of the window, -1 for total. Settling goes back to it. */
  readonly window: EpochMs
  /** Sums of the meter after the grant. */
  readonly usedAfter: number
  readonly reservedAfter: number
}

/** Facts that the ledger stamps on an entry and hashes with it. Absent fields are left out. */
export interface EntryFacts {
  /** admit: the message's number as its sender gave it; left out where the ledger gave it. */
  readonly sequence?: number
  /** admit: the run that called it and the step of it; its place in a group; the run that it goes on from. */
  readonly parent?: { readonly runId: string; readonly step: string }
  readonly no?: number
  readonly continues?: string
  /** begin: identity of the step (branch path + name + ordinal), and its attempt from 1. */
  readonly step?: string
  readonly attempt?: number
  /** begin: the tool, reads included; left out for a model call. */
  readonly tool?: string
  /** begin: when the attempt can no longer be acting, by the database's clock. */
  readonly actsUntil?: EpochMs
  readonly charges?: readonly StampedCharge[]
  /** begin: HMAC of the effect key, digest of its arguments, the attempt on the effect row, and `resend` when it was early. */
  readonly effect?: {
    readonly tool: string
    readonly key: string
    readonly args: string
    readonly attempt: number
    readonly resend?: 'early'
    /** The key that it takes back, and the attempt that had confirmed it then; 0 where nothing was confirmed. */
    readonly undoes?: { readonly tool: string; readonly key: string; readonly attempt: number }
  }
  readonly locks?: readonly string[]
  /** begin: the open begin in doubt that this one sends again; it is closed by it. */
  readonly supersedes?: number
  /** begin: the question whose answer allowed it. */
  readonly approval?: string
  /** begin: it was let through by a breaker that is not closed, as one of the few of this round. */
  readonly probe?: { readonly key: string; readonly revision: number }
  /** settle */
  readonly did?: Settlement
  /** settle: what was used, one for each charge of the begin, overruns included. */
  readonly used?: readonly number[]
  readonly overrun?: boolean
  /** settle: the key that got free again by it, with all its attempts up to this one; left out when none did. */
  readonly undid?: { readonly tool: string; readonly key: string; readonly attempt: number }
  /** note: what was counted on the run's own meters; left out when nothing was. */
  readonly count?: Readonly<Record<string, number>>
  /** note: the messages that the run took in; left out when there are none. */
  readonly absorbs?: readonly string[]
  /** note, end: what was written to the session's state: its version, and the SHA-256 of its text. */
  readonly state?: { readonly version: number; readonly digest: string }
  /** park, end: the run that took this message in. It was not held by a worker: that run wrote the entry. */
  readonly workedBy?: string
  /** park, end: mail position that was seen. */
  readonly mailSeen?: number
  readonly dueAt?: EpochMs | null
  /** end: and the run that goes on from here. */
  readonly outcome?: string
  readonly next?: string
  /** end: it had not begun, and the run that has its place. Nobody held it: that one's admission wrote the entry. */
  readonly shedFor?: string
  /** claim: worker name and what the run's claims without progress came to. */
  readonly worker?: string
  readonly claims?: number
}

/** One entry of a journal. `hash` = SHA-256(hash before ‖ header ‖ digest of body). */
export interface Entry {
  readonly runId: string
  readonly seq: number
  readonly kind: EntryKind
  readonly fence: number
  readonly at: EpochMs
  /** Highest switch epoch that was committed when the entry was written. */
  readonly epoch: number
  /** doubt, settle: the seq of their begin. */
  readonly ref: number | null
  readonly facts: EntryFacts
  /** The facts as they are stored and hashed. */
  readonly factsText: string
  /** Canonical JSON text, or null when there is none or it was erased. */
  readonly body: string | null
  readonly salt: string
  /** SHA-256 of salt and body, hex. */
  readonly digest: string
  readonly hash: string
}
