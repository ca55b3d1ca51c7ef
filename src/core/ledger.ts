import type { Admission, Admitted } from './admission.js'
import type { Breakers } from './breakers.js'
import type { Drift } from './drift.js'
import type { EffectRow } from './effect-row.js'
import type { Entry } from './entries.js'
import type { Decision, Escalation, EscalationFilter, EscalationState } from './escalation.js'
import type { Feed } from './feed.js'
import type { Lives } from './lives.js'
import type { Evidence, Mail } from './mail.js'
import type { CeilingRow, MeterRow, Notice, SwitchRow } from './operated.js'
import type { Answer, Op, SwitchMode } from './ops.js'
import type { Queues } from './queues.js'
import type { ChildFilter, Claimed, DueRun, Group, PinCount, Repinned, RunFilter, RunRow } from './run-row.js'
import type { Schedules } from './schedules.js'
import type { Scores } from './scores.js'
import type { SessionFilter, SessionRow } from './sessions.js'
import type { EffectState } from './states.js'
import type { EpochMs } from './time.js'
import type { Tokens } from './tokens.js'
import type { Workers } from './workers.js'

/** What wakes a listener: a run became due, a run ended, a switch or a breaker moved, a notice waits, a run has a message. */
export interface Wake {
  readonly kind: 'due' | 'ended' | 'switch' | 'breaker' | 'notice' | 'mail'
  /** Queue, run id, scope, key or notice id. */
  readonly name: string
}

/** Storage as verbs. One suite of tests (`midwatch/testing`, `ledgerConformance`) holds for every implementation. */
export interface Ledger {
  readonly workers: Workers
  readonly lives: Lives
  readonly schedules: Schedules
  readonly scores: Scores
  readonly drift: Drift
  readonly tokens: Tokens
  readonly breakers: Breakers
  readonly queues: Queues
  readonly feed: Feed
  /** Secret for the HMAC of effect keys, made with the ledger. */
  secret(): Promise<string>
  now(): Promise<EpochMs>
  /**
   * Whether it can be worked with: throws what opening it would, `ledger_away`, `ledger_schema_newer` and their like, and
   * `unreconciled` while claims are stopped.
   */
  check(): Promise<void>

  /** Idempotent by (tenant, agent, key). What is new may find no room: `overloaded`. In a session the run is worked when those before it have ended. */
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
  /**
   * Takes due runs, and those of workers whose lease ran out: priorities by their shares, rotating over tenants within one; raises
   * fences; writes claim entries. With `perTenant` no tenant gets more than so many places of this worker by it.
   */
  claim(p: {
    readonly workerId: number
    readonly limit: number
    readonly runId?: string
    readonly perTenant?: number
  }): Promise<Claimed[]>
  /** Runs that were parked because the code had changed, and that this worker serves, by id, after the one that is named. */
  misfits(p: { readonly workerId: number; readonly after: string; readonly limit: number }): Promise<string[]>
  /** Takes one of them, due or not, by the rules of a claim: perhaps this worker's code fits. */
  claimMisfit(p: { readonly workerId: number; readonly runId: string }): Promise<Claimed[]>
  /** All ops in order; one answer each; atomic per op; ops of one run keep their order. Never throws for an op. */
  apply(ops: readonly Op[]): Promise<Answer[]>

  /**
   * A person's answer: once, for the arguments shown. Wakes the run by mail. Where two must say yes, the first is kept and
   * `missing` says how many are waited for; `same_person`: they are who said it before; one no decides. `requester`: who asked for the run
   * does not approve it (nor is one of two), but may say no. An `approve` with a `result` changes the arguments: that decides
   * at once, for it is a new proposal.
   */
  answer(p: {
    readonly id: string
    readonly decision: Decision
    readonly by: string
    readonly args?: string
    readonly note?: string
    readonly result?: string
  }): Promise<{
    readonly code:
      | 'ok'
      | 'unknown'
      | 'closed'
      | 'other_arguments'
      | 'wrong_kind'
      | 'too_early'
      | 'requester'
      | 'same_person'
    readonly state?: EscalationState
    readonly notBefore?: EpochMs
    readonly missing?: number
  }>
  /**
   * What a worker that serves this would be given now, without claiming any: runs of dead workers first, then those that are due, the
   * longest first. Nothing while claims are stopped.
   */
  due(p: {
    readonly serves: readonly string[]
    readonly queues: readonly string[]
    readonly limit: number
  }): Promise<DueRun[]>
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
  /** In order of their opening. */
  escalations(p: EscalationFilter): Promise<Escalation[]>
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
