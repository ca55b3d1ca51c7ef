import type { BreakerState } from './breakers.js'
import type { Settlement } from './entries.js'
import type { EscalationKind, Rung } from './escalation.js'
import type { Charge, Window } from './meters.js'
import type { Owner } from './owner.js'
import type { EndScore } from './scores.js'
import type { SessionState } from './sessions.js'
import type { OutcomeStatus } from './states.js'
import type { EpochMs } from './time.js'

/**
 * What a lease holder asks of the ledger. `seq` must be the run's head + 1. The same (run, seq, digest of the body) sent
 * again under the current fence is answered `already`; under an old one `fenced`: the fence is looked at first.
 */
interface OpBase {
  readonly runId: string
  readonly fence: number
  readonly seq: number
  /** Random text per entry; digest = SHA-256(salt + body). */
  readonly salt: string
  /** Canonical JSON text. */
  readonly body: string
}

/** The effect row that a begin takes. */
export interface EffectClaim {
  readonly tool: string
  /** HMAC of the effect key. */
  readonly key: string
  /** Digest of the canonical wire arguments. */
  readonly args: string
  /** To take over a doubt: the attempt and evidence count that were seen. Refused when either moved. */
  readonly saw?: { readonly attempt: number; readonly evidence: number }
  /** With `saw`: `late` only after actsUntil, `early` at once (concurrent sends are safe). */
  readonly resend?: 'late' | 'early'
  /** The key that this effect takes back: free again once this begin is settled as performed. */
  readonly undoes?: {
    readonly tool: string
    readonly key: string
    /** `gone` unless it is this attempt that stands confirmed. Not looked at where a doubt is sent again. */
    readonly attempt?: number
  }
}

export interface BeginOp extends OpBase {
  readonly kind: 'begin'
  readonly step: string
  readonly attempt: number
  /** Name of the tool; switches of scope `tool:` look at it. null for a model call. */
  readonly tool: string | null
  readonly timeoutMs: number
  /** How long after the timeout the other side may still be acting. */
  readonly settlesMs: number
  readonly charges: readonly Charge[]
  readonly effect?: EffectClaim
  /** Names within the tenant, taken for the attempt. */
  readonly locks?: readonly string[]
  /** `tool:NAME` or `model:PROVIDER/ID`: the breaker that must let it through; left out where none is kept. */
  readonly breaker?: string
  /**
   * The question in whose answer exactly these arguments were allowed, to one step; `unapproved` where they were not, or to
   * another one. What needs an approval is the caller's to know.
   */
  readonly approval?: { readonly id: string; readonly args: string }
  /** An open begin of this run, in doubt, of the same effect: its reservation, key and locks go over to this one. */
  readonly supersedes?: number
}

/** The answer of a begin was lost: it stays open, with its reservation, key and locks, until it is settled. */
export interface DoubtOp extends OpBase {
  readonly kind: 'doubt'
  readonly ref: number
}

export interface SettleOp extends OpBase {
  readonly kind: 'settle'
  readonly ref: number
  readonly did: Settlement
  /** One for each charge of the begin; null = unknown, charged at the reservation. Ignored for levels. */
  readonly used: readonly (number | null)[]
  /** To resolve a doubt: what was seen of the effect row. */
  readonly saw?: { readonly attempt: number; readonly evidence: number }
}

/** Anything else that must be remembered: a verdict, a refusal, a signal, folded mail. */
export interface NoteOp extends OpBase {
  readonly kind: 'note'
  /** Counted on the run's own meters (`strikes`), without a limit. */
  readonly count?: Readonly<Record<string, number>>
  /** An open escalation whose last deadline passed: it becomes `expired`. `not_open` when somebody answered before. */
  readonly expires?: string
  /** Questions that are opened, or moved to their next rung, while the run goes on. */
  readonly escalations?: readonly NewEscalation[]
  /** Messages that the active run takes in, in the order of their numbers; they end with it. `not_open` out of turn. */
  readonly absorbs?: readonly string[]
  /** Written to the session, by its active run alone; `not_open` for another. */
  readonly state?: SessionState
}

/** A question to a person, opened with the park that waits for it. */
export interface NewEscalation {
  readonly id: string
  readonly kind: EscalationKind
  readonly tool: string | null
  /** Digest of the exact arguments: an answer is for these and no others. */
  readonly args: string
  /** What a person is shown: canonical JSON text. */
  readonly show: string
  readonly chain: readonly Rung[]
  readonly rung: number
  /** For a doubt: nobody may say "it did not" before this. */
  readonly notBefore: EpochMs | null
  /** Default 1. Of two both must say yes, each within the time of the chain. */
  readonly people?: 1 | 2
  /** Whoever asked for the run may approve it too; default false. */
  readonly selfApproval?: boolean
}

export interface ParkOp extends OpBase {
  readonly kind: 'park'
  /** What it waits for, for `ps`: `timer`, `person:ID`, `lock:NAME`, `switch:SCOPE`, … */
  readonly waits: string
  /** null only with an escalation or mail to wait for; then the run's deadline is its due time. */
  readonly dueAt: EpochMs | null
  /** Added to the database's time when dueAt is null: a wait of so many ms. */
  readonly dueInMs?: number
  readonly mailSeen: number
  /** Questions that are opened, or moved to their next rung, with this wait. */
  readonly escalations?: readonly NewEscalation[]
}

export interface EndOp extends OpBase {
  readonly kind: 'end'
  readonly outcome: OutcomeStatus
  /** Short code for lists: the meter, the reason, the fault. */
  readonly detail: string
  /** failed: whose fault it is. */
  readonly owner?: Owner
  readonly mailSeen: number
  /** When open doubts are to be looked at again. */
  readonly dueAt: EpochMs | null
  /** As of a note. */
  readonly state?: SessionState
  /** What is known of the outcome at once: kept by this very op. */
  readonly scores?: readonly EndScore[]
  /** The run that goes on from here, admitted by this very op. */
  readonly next?: Successor
}

/**
 * A run that goes on where another one ends. Tenant, principal, origin, parent, place in the group and the session's turn
 * are those of the ended one. `key_conflict` when its id or key is taken.
 */
export interface Successor {
  readonly runId: string
  readonly agent: string
  readonly version: number
  readonly fingerprint: string
  readonly queue: string
  readonly key: string | null
  /** Total time until it must have ended, ms. */
  readonly deadlineMs: number
  readonly meters: readonly string[]
  /** Body of its first entry. */
  readonly body: string
  readonly salt: string
  readonly inputDigest: string
}

/** After the end, for reconciliation of doubts that were left open. */
export interface AuditOp extends OpBase {
  readonly kind: 'audit'
  readonly dueAt: EpochMs | null
  /** As at park: mail that came after it makes the run due now. Left out, nothing is compared. */
  readonly mailSeen?: number
  readonly escalations?: readonly NewEscalation[]
}

export type Op = BeginOp | DoubtOp | SettleOp | NoteOp | ParkOp | EndOp | AuditOp

/**
 * ok · already: the same op was written before · fenced: the fence is old (a settle becomes evidence) · lease_lost · head_moved ·
 * no_run, or no such run above this one · ended · not_open: no such open begin, or an open one that is not in doubt at end · switched · deadline · ceiling ·
 * breaker_open · locked: a lock is held, or the key to be undone is in use · gone: what is to be undone does not stand · unapproved · key_conflict: same key, other arguments ·
 * performed: the key is confirmed, by a settlement or a receipt · under_way: another attempt is open · in_doubt: another run owns the doubt, or it is too early · moved: attempt or evidence moved.
 */
export const ANSWER_CODES = [
  'ok',
  'already',
  'fenced',
  'lease_lost',
  'head_moved',
  'no_run',
  'ended',
  'not_open',
  'switched',
  'deadline',
  'ceiling',
  'breaker_open',
  'locked',
  'gone',
  'unapproved',
  'key_conflict',
  'performed',
  'under_way',
  'in_doubt',
  'moved',
  'poison',
] as const
export type AnswerCode = (typeof ANSWER_CODES)[number]

/** Codes, ids and numbers; never a payload. */
export interface Answer {
  readonly code: AnswerCode
  /** The database's time at the op. */
  readonly at: EpochMs
  /** begin ok or already; under_way and in_doubt: of the attempt that is in the way. */
  readonly actsUntil?: EpochMs
  /** switched: scope and mode. */
  readonly scope?: string
  readonly mode?: SwitchMode
  /** ceiling: the first meter without room, in order of the op's charges. */
  readonly meter?: {
    readonly scope: string
    readonly meter: string
    readonly per: Window
    readonly used: number
    readonly reserved: number
    readonly amount: number
    readonly limit: number
    readonly opensAt: EpochMs | null
  }
  /** breaker_open: which, and from when on it may be worth asking again; null: when a person releases it. */
  readonly breaker?: { readonly key: string; readonly state: BreakerState; readonly until: EpochMs | null }
  /** begin ok or already: it is a probe, of this round of its breaker. */
  readonly probe?: number
  /** locked: the lock · performed, key_conflict, under_way, in_doubt, locked: the run and entry (begin or settle) that hold it. */
  readonly lock?: string
  readonly holder?: { readonly runId: string; readonly seq: number }
  /** begin ok: the effect row's attempt · in_doubt, moved: what it is now. */
  readonly attempt?: number
  readonly evidence?: number
}

/** hold: release lets the runs go on · end: they end as `killed`. */
export type SwitchMode = 'hold' | 'end'
