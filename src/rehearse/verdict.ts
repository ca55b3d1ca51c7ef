import type { Violation } from '../core/invariants/invariant.js'
import type { JsonValue } from '../core/json.js'
import type { OutcomeStatus } from '../core/states.js'
import type { FaultName, Strike } from './fault.js'
import type { SiteKey } from './site.js'

/** One effect as the world outside saw it: the witness that the ledger is held against. */
export interface Act {
  readonly tool: string
  /** The idempotency key that came with it; null where none did. */
  readonly key: string | null
  readonly input: JsonValue
  /** Key of the message that it was done for, where the witness knows. */
  readonly message?: string
  readonly runId?: string
  /** Keys of two tenants are two keys, even where they read the same. */
  readonly tenant?: string
  /** What it answered, where the witness knows. */
  readonly result?: JsonValue
  /** The fault that made a model propose it with arguments of its own: allowed by the policy, meant by nobody. */
  readonly blame?: FaultName
}

/** How one run of a case stood at the end. */
export interface RunEnd {
  readonly runId: string
  readonly agent: string
  /** null: it waits, with a name and a deadline (`waits`). */
  readonly status: OutcomeStatus | null
  /** exhausted: the meter · refused: the reason · handed_over: to whom · failed: the code · killed: the scope. */
  readonly detail: string | null
  readonly waits: string | null
  readonly steps: number
  readonly attempts: number
  readonly usdMicros: number
  /** Virtual ms from admission to the outcome; null while there is none. */
  readonly tookMs: number | null
}

/** What one rule of an agent came to: calls that were begun, and those that it refused or put before people. */
export interface Ruled {
  readonly allowed: number
  readonly stopped: number
}

/** How a case is told apart and played again. */
export interface CaseId {
  readonly scenario: string
  readonly case: string
  readonly seed: number
  /** Exact places; null: by rates, from the seed. */
  readonly strikes: readonly Strike[] | null
}

/** What came of one played case. JSON: it crosses processes. */
export interface Verdict {
  readonly id: CaseId
  /** Who played it: the governed runtime, or the naive twin. */
  readonly side: 'midwatch' | 'naive'
  readonly ok: boolean
  readonly violations: readonly Violation[]
  /** Expectations and rules of the witness that did not hold, a sentence each. */
  readonly broken: readonly string[]
  readonly struck: readonly Strike[]
  /** Those of them that had a consequence. */
  readonly bitten: readonly Strike[]
  readonly runs: readonly RunEnd[]
  /** By `AGENT/TOOL`, each rule of the agents; the naive twin keeps no account of them. */
  readonly rules: Readonly<Record<string, Ruled>>
  readonly acts: number
  /** Acts beyond the first for the same key (midwatch), or the same arguments and message (naive). */
  readonly duplicates: number
  /** Runs that are neither ended nor wait for something named; messages that were lost (naive). */
  readonly stuck: number
  readonly usdMicros: number
  readonly virtualMs: number
  readonly visits: Readonly<Record<SiteKey, number>>
  /** Digest of the journals' shapes (kinds, steps, codes; no times): new shapes are what exploring looks for. */
  readonly shape: string
  /** Digest of every journal's head and of this verdict: the same seed gives the same, anywhere. */
  readonly digest: string
}
