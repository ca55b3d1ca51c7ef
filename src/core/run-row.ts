import type { SwitchMode } from './ops.js'
import type { Owner } from './owner.js'
import type { Priority } from './queues.js'
import type { Pin } from './serving.js'
import type { Proof } from './sessions.js'
import type { OutcomeStatus, RunState } from './states.js'
import type { EpochMs } from './time.js'

/** One run as lists and the claimer see it. */
export interface RunRow {
  readonly runId: string
  readonly tenant: string
  readonly agent: string
  readonly version: number
  readonly fingerprint: string
  readonly queue: string
  readonly priority: Priority
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
  /** failed: whose fault it was; null too where that was before it was kept. */
  readonly owner: Owner | null
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
  /**
   * The run, or one above or before it, may have done things after this time of which the ledger knows nothing: a part of it was
   * lost. null: nothing of it is unsure.
   */
  readonly unsure: EpochMs | null
}

export interface Claimed {
  readonly run: RunRow
  /** The engaged switch that covers the run, if any: the holder parks it or ends it before anything else. */
  readonly switched: { readonly scope: string; readonly mode: SwitchMode; readonly by: string } | null
  readonly at: EpochMs
  /** Times that this worker, which lives, dropped it without bringing it to rest; left out, none. */
  readonly dropped?: number
}

/** A run that may be taken up now. */
export interface DueRun {
  readonly runId: string
  /** As it was last claimed. */
  readonly fence: number
  /** null for one whose worker died. */
  readonly dueAt: EpochMs | null
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
  /** Of any of these tenants. */
  readonly tenants?: readonly string[]
  readonly agent?: string
  readonly session?: string
  readonly states?: readonly RunState[]
  readonly outcomes?: readonly OutcomeStatus[]
  /** Those that have not ended, or not before this time. */
  readonly activeSince?: EpochMs
  /** Those that this worker holds, ended ones that it reconciles among them. */
  readonly workerId?: number
  readonly limit?: number
  /** Pages through every run: those whose id is greater, in ascending order of id; '' starts. Without it newest first. */
  readonly after?: string
  /** Pages the other way, in descending order of id, which is the order of time: those whose id is less; '' starts. */
  readonly before?: string
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
