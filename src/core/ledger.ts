import type { Entry } from './entries.js'
import type { Decision, Escalation, EscalationState } from './escalation.js'
import type { Window } from './meters.js'
import type { Answer, Op, SwitchMode } from './ops.js'
import type { Schedule, ScheduleRow, Ticked } from './schedule.js'
import type { Pin } from './serving.js'
import type { BusyPolicy, Proof, SessionFilter, SessionRow } from './sessions.js'
import type { EffectState, OutcomeStatus, RunState } from './states.js'
import type { EpochMs } from './time.js'

/** What admission fixes for a run. */
export interface Admission {
  readonly runId: string
  readonly tenant: string
  readonly agent: string
  readonly version: number
  /** Digest of the agent's data: policy, schemas, instructions. Workers claim only what they serve. */
  readonly fingerprint: string
  readonly queue: string
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
 * not held under that fence · sealed: its group takes no more.
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
  /** ok: the run · existing, conflict, sequence_taken: the run that has the key or number · busy: the active run. */
  readonly runId: string
}

/** One run as lists and the claimer see it. */
export interface RunRow {
  readonly runId: string
  readonly tenant: string
  readonly agent: string
  readonly version: number
  readonly fingerprint: string
  readonly queue: string
  readonly key: string | null
  readonly session: string | null
  /** Place in its session, from 1; null without one. */
  readonly sessionNo: number | null
  readonly principal: string | null
  readonly origin: string
  readonly parent: { readonly runId: string; readonly step: string } | null
  /** Place in its group, from 1; null outside of one. */
  readonly groupNo: number | null
  /** The runs above it, the root first, its parent last. */
  readonly ancestors: readonly string[]
  /** How many runs are above it. */
  readonly depth: number
  /** Switch scopes of the runs above it that are not its own. */
  readonly above: readonly string[]
  /** The run that it goes on from, and the one that went on from it. */
  readonly continues: string | null
  readonly continuedAs: string | null
  /** The first run of its chain of continuations: itself when it goes on from none. */
  readonly first: string
  readonly state: RunState
  readonly waits: string | null
  readonly outcome: OutcomeStatus | null
  readonly detail: string | null
  readonly workerId: number | null
  readonly fence: number
  readonly headSeq: number
  readonly headHash: string
  readonly dueAt: EpochMs | null
  readonly deadlineAt: EpochMs
  readonly mailHead: number
  readonly mailSeen: number
  /** Claims since the last settled step. */
  readonly claims: number
  /** Seqs of begins that are not settled. */
  readonly open: readonly number[]
  /** The run's own meters, with what its descendants charge to them: name → used and reserved. */
  readonly meters: Readonly<Record<string, { readonly used: number; readonly reserved: number }>>
  readonly createdAt: EpochMs
  readonly endedAt: EpochMs | null
  /** The run of its session that took this message in, and ends it with itself. */
  readonly workedBy: string | null
  /** Numbers before it, first and last, that were given up so that it could have its turn. */
  readonly gap: readonly [number, number] | null
  /** When its journal was pruned, and what is left of it. */
  readonly prunedAt: EpochMs | null
  readonly proof: Proof | null
}

export interface Claimed {
  readonly run: RunRow
  /** The engaged switch that covers the run, if any: the holder parks it or ends it before anything else. */
  readonly switched: { readonly scope: string; readonly mode: SwitchMode; readonly by: string } | null
  readonly at: EpochMs
}

/** Mail for one run, numbered from 1 without a gap. */
export interface Mail {
  readonly no: number
  readonly kind: 'answer' | 'evidence' | 'wake' | 'message' | 'moved' | 'child'
  /**
   * Canonical JSON text: of an answer { escalation, decision, by, note?, result? }, of evidence { ref }, of a message { run },
   * of a move { by, from, to }, of a child that ended { child, step } or, when all of a group have, { group: STEP }.
   */
  readonly body: string
  readonly at: EpochMs
}

/** A settle that came under an old fence: a receipt, kept outside the journal. */
export interface Evidence {
  readonly runId: string
  readonly ref: number
  readonly no: number
  readonly fence: number
  readonly did: string
  readonly body: string
  readonly at: EpochMs
}

export interface EffectRow {
  readonly tenant: string
  readonly tool: string
  readonly key: string
  readonly args: string
  readonly state: EffectState
  readonly attempt: number
  readonly evidence: number
  readonly runId: string
  /** The begin of the present attempt, the settle that confirmed it, or the begin that a receipt confirmed. */
  readonly seq: number
  readonly actsUntil: EpochMs
  /** Attempts up to this one were taken back; what is still heard of them counts no more. */
  readonly undone: number
  /** An attempt that is known to have acted while the present one is not settled: the key cannot get free again. */
  readonly acted: { readonly runId: string; readonly seq: number; readonly args: string } | null
}

export interface SwitchRow {
  readonly scope: string
  readonly mode: SwitchMode
  readonly engaged: boolean
  readonly epoch: number
  readonly by: string
  readonly reason: string | null
  readonly at: EpochMs
}

export interface MeterRow {
  readonly scope: string
  readonly meter: string
  readonly per: Window
  readonly window: EpochMs
  readonly used: number
  readonly reserved: number
}

/** A ceiling that an operator set; it holds beside those that begins bring. */
export interface CeilingRow {
  readonly scope: string
  readonly meter: string
  readonly per: Window
  readonly limit: number
  readonly by: string
  readonly at: EpochMs
}

export interface WorkerRow {
  readonly workerId: number
  readonly name: string
  readonly leaseUntil: EpochMs
  readonly serves: readonly string[]
  readonly startedAt: EpochMs
}

/** Something a person must be told; sent at least once, with its id. */
export interface Notice {
  readonly id: string
  readonly kind: 'escalation' | 'doubt' | 'kill' | 'release' | 'dead_letter' | 'gap' | 'closed'
  readonly tenant: string | null
  readonly runId: string | null
  readonly body: string
  readonly at: EpochMs
  readonly tries: number
}

/** Runs of one pin that have not ended. */
export interface PinCount extends Pin {
  /** Whether they are parked because the code had changed under them. */
  readonly misfit: boolean
  readonly runs: number
  /** The one with the least id. */
  readonly first: string
}

/** `held`: a worker has it now · `same`: it is pinned to that already. */
export interface Repinned {
  readonly code: 'ok' | 'unknown' | 'held' | 'ended' | 'same'
}

export interface RunFilter {
  readonly tenant?: string
  readonly agent?: string
  readonly session?: string
  readonly states?: readonly RunState[]
  /** Those that this worker holds, ended ones that it reconciles among them. */
  readonly workerId?: number
  readonly limit?: number
  /** Pages through every run: those whose id is greater, in ascending order of id; '' starts. Without it newest first. */
  readonly after?: string
}

/** Children of one step, of which at most `atOnce` are due at a time. */
export interface Group {
  readonly atOnce: number
  readonly admitted: number
  readonly ended: number
  /** How many there are in all, once it is sealed. */
  readonly total: number | null
}

export interface ChildFilter {
  readonly runId: string
  readonly step?: string
  readonly states?: readonly RunState[]
  /** Those behind this one: the id of the last that was listed. */
  readonly after?: string
  readonly limit?: number
}

/** What wakes a listener: a run became due, a run ended, a switch moved, a notice waits, a run has a message. */
export interface Wake {
  readonly kind: 'due' | 'ended' | 'switch' | 'notice' | 'mail'
  /** Queue, run id, scope or notice id. */
  readonly name: string
}

/** Workers hold leases; runs hold none of their own. */
export interface Workers {
  /**
   * `serves`: agent@version#fingerprint of each agent this worker can run, and agent@version#* where its code accepts every
   * run of a version. `misfits`: runs that it serves were parked because the code had changed under them.
   */
  register(p: {
    readonly name: string
    readonly leaseMs: number
    readonly serves: readonly string[]
    readonly queues: readonly string[]
  }): Promise<{
    readonly workerId: number
    readonly at: EpochMs
    readonly leaseUntil: EpochMs
    readonly misfits: boolean
  }>
  /** Extends the lease; `held: false` when it had run out: then register anew. On a connection of its own. */
  heartbeat(p: { readonly workerId: number; readonly leaseMs: number }): Promise<{
    readonly held: boolean
    readonly at: EpochMs
    readonly leaseUntil: EpochMs
    readonly misfits: boolean
  }>
  /** Gives the worker's lease back: its runs become due. */
  retire(p: { readonly workerId: number }): Promise<void>
  list(): Promise<WorkerRow[]>
}

/** A tick to be run, with what admits its run. */
export interface TickRun {
  readonly at: EpochMs
  readonly admission: Admission
}

/** Schedules: each tick is dealt with once, whoever looks and however many do. */
export interface Schedules {
  /**
   * Says that this schedule is to be kept, and answers with what stands. A newer version's word replaces an older one's, and
   * at the same version that of the worker that started later; whatever stands is replaced once nobody has looked at it for
   * `staleMs`. One that is new or changed has no ticks before now.
   */
  keep(p: Schedule & { readonly since: EpochMs; readonly staleMs: number }): Promise<ScheduleRow>
  /**
   * Deals with the ticks after `from` up to `until`, in one transaction, if that is how far the schedule is: admits these runs
   * in order, each unless its session's last one has not ended and the schedule skips it then, and counts `skipped` others.
   */
  tick(p: {
    readonly name: string
    readonly revision: number
    readonly from: EpochMs
    readonly until: EpochMs
    readonly skipped: number
    readonly runs: readonly TickRun[]
  }): Promise<Ticked>
  list(): Promise<ScheduleRow[]>
}

/** Storage as verbs. One suite of tests (`midwatch/testing`, `ledgerConformance`) holds for every implementation. */
export interface Ledger {
  readonly workers: Workers
  readonly schedules: Schedules
  /** Secret for the HMAC of effect keys, made with the ledger. */
  secret(): Promise<string>
  now(): Promise<EpochMs>

  /** Idempotent by (tenant, agent, key). In a session the run is worked when those before it have ended. */
  admit(p: Admission): Promise<Admitted>
  /** Up to 256 admissions in one transaction, in order; an answer each. */
  admitAll(ps: readonly Admission[]): Promise<Admitted[]>
  /**
   * The group of this step takes no more: `total` it is. Once all of them have ended the parent gets one mail for the group.
   * Sent again it changes nothing; `conflict` when it was sealed with another total, or holds more already.
   */
  sealGroup(p: {
    readonly runId: string
    readonly fence: number
    readonly step: string
    readonly total: number
  }): Promise<{ readonly code: 'ok' | 'fenced' | 'conflict' }>
  /** Takes due runs, and those of workers whose lease ran out, rotating over tenants; raises fences; writes claim entries. */
  claim(p: { readonly workerId: number; readonly limit: number; readonly runId?: string }): Promise<Claimed[]>
  /** Runs that were parked because the code had changed, and that this worker serves, by id, after the one that is named. */
  misfits(p: { readonly workerId: number; readonly after: string; readonly limit: number }): Promise<string[]>
  /** Takes one of them, due or not, by the rules of a claim: perhaps this worker's code fits. */
  claimMisfit(p: { readonly workerId: number; readonly runId: string }): Promise<Claimed[]>
  /** All ops in order; one answer each; atomic per op; ops of one run keep their order. Never throws for an op. */
  apply(ops: readonly Op[]): Promise<Answer[]>

  /** A person's answer: once, for the arguments shown. Wakes the run by mail. */
  answer(p: {
    readonly id: string
    readonly decision: Decision
    readonly by: string
    readonly args?: string
    readonly note?: string
    readonly result?: string
  }): Promise<{
    readonly code: 'ok' | 'unknown' | 'closed' | 'other_arguments' | 'wrong_kind' | 'too_early'
    readonly state?: EscalationState
    readonly notBefore?: EpochMs
  }>
  /** Makes a waiting run due. */
  wake(p: { readonly runId: string }): Promise<void>
  /** The engaged switch that covers a run now, `end` before `hold`. */
  switchedRun(p: { readonly runId: string }): Promise<Claimed['switched']>

  /** Pins a waiting or queued run to another version of its agent. Its next holder learns of it by mail. */
  repin(p: {
    readonly runId: string
    readonly version: number
    readonly fingerprint: string
    readonly by: string
  }): Promise<Repinned>

  /** Engage or release; answers with the epoch, and how many backends had to be ended for it. */
  engage(p: {
    readonly scope: string
    readonly mode: SwitchMode
    readonly by: string
    readonly reason?: string
  }): Promise<{ readonly epoch: number; readonly at: EpochMs; readonly terminated: number }>
  release(p: {
    readonly scope: string
    readonly by: string
    readonly jitterMs: number
  }): Promise<{ readonly epoch: number; readonly at: EpochMs; readonly released: boolean }>
  /** Makes up to `limit` waiting or queued runs due that an `end` switch covers; how many. */
  sweepSwitched(p: { readonly limit: number }): Promise<number>
  switches(): Promise<SwitchRow[]>
  /** Every engage and release there ever was, one row each, in order of epoch. */
  switchHistory(): Promise<SwitchRow[]>

  session(p: { readonly tenant: string; readonly session: string }): Promise<SessionRow | null>
  /** In order of tenant and session. */
  sessions(p: SessionFilter): Promise<SessionRow[]>
  /** No message is taken any more; those that were accepted are worked. `unchanged`: it was closed, or open, before. */
  closeSession(p: {
    readonly tenant: string
    readonly session: string
    readonly by: string
    readonly reason?: string
  }): Promise<{ readonly code: 'ok' | 'unknown' | 'unchanged' }>
  reopenSession(p: {
    readonly tenant: string
    readonly session: string
    readonly by: string
  }): Promise<{ readonly code: 'ok' | 'unknown' | 'unchanged' }>
  /** Gives up the numbers that sessions have waited for long enough: their next runs become active and due. How many sessions. */
  passGaps(p: { readonly limit: number }): Promise<number>
  setCeiling(p: Omit<CeilingRow, 'at' | 'limit'> & { readonly limit: number | null }): Promise<void>
  ceilings(): Promise<CeilingRow[]>

  run(p: { readonly runId: string }): Promise<RunRow | null>
  runs(p: RunFilter): Promise<RunRow[]>
  /** What runs that have not ended are pinned to, by pin. Reads them all. */
  pins(): Promise<PinCount[]>
  group(p: { readonly runId: string; readonly step: string }): Promise<Group | null>
  /** A run's children by step, place in their group and id. Of a chain of continuations the last alone. */
  children(p: ChildFilter): Promise<RunRow[]>
  /** Bodies of the `end` entries of so many runs at once, null where they were erased; runs without one are left out. */
  ends(p: { readonly runIds: readonly string[] }): Promise<{ readonly runId: string; readonly body: string | null }[]>
  journal(p: { readonly runId: string; readonly from?: number; readonly limit?: number }): Promise<Entry[]>
  mail(p: { readonly runId: string; readonly after: number }): Promise<Mail[]>
  evidence(p: { readonly runId: string }): Promise<Evidence[]>
  effect(p: { readonly tenant: string; readonly tool: string; readonly key: string }): Promise<EffectRow | null>
  effects(p: { readonly state?: EffectState; readonly runId?: string }): Promise<EffectRow[]>
  escalations(p: {
    readonly state?: EscalationState
    readonly runId?: string
    readonly id?: string
  }): Promise<Escalation[]>
  meters(p: { readonly scope?: string }): Promise<MeterRow[]>
  notices(p: { readonly limit: number; readonly retryAfterMs: number }): Promise<Notice[]>
  noticeSent(p: { readonly id: string }): Promise<void>
  /**
   * Stores a large part once per tenant, by the SHA-256 of its text; bodies name it by digest. With a run it holds that run's
   * words, and goes when they do: such a text should be no other's (it may begin with the run's id). Put for two runs, or for
   * none, it is kept for good.
   */
  putBlob(p: {
    readonly tenant: string
    readonly text: string
    readonly runId?: string
  }): Promise<{ readonly digest: string }>
  blob(p: { readonly tenant: string; readonly digest: string }): Promise<string | null>
  /**
   * Erases the words of an ended run in which nothing is open: bodies of entries, mail and evidence, and what people were
   * shown and said. The chain still verifies. How many there were; 0 when nothing may be erased yet.
   */
  erase(p: { readonly runId: string }): Promise<{ readonly erased: number }>
  /**
   * Takes the journals, mail, receipts and questions of runs away that ended before that time and in which nothing is open.
   * Rows, effect keys and a proof stay. How many runs, at most `limit`.
   */
  prune(p: { readonly endedBefore: EpochMs; readonly limit: number }): Promise<number>
  listen(hear: (wake: Wake) => void): Promise<() => Promise<void>>
  close(): Promise<void>
}
