import type { EpochMs } from './time.js'

/**
 * closed: calls go through · open: none do, for a cool-down · half_open: a few probes do · isolated: none do until a person
 * releases it. The schema enforces the same words, and the moves between them.
 */
export const BREAKER_STATES = ['closed', 'open', 'half_open', 'isolated'] as const
export type BreakerState = (typeof BREAKER_STATES)[number]

/** `tool:NAME` or `model:PROVIDER/ID`: what fails for everybody at once. */
export type BreakerKey = string

export const isBreakerKey = (text: string): boolean => /^(tool:[^:\s]+|model:\S+\/\S+)$/.test(text)

/** One that was ever moved; what has no row is closed, at revision 0. */
export interface BreakerRow {
  readonly key: BreakerKey
  readonly state: BreakerState
  /** Raised by every move, and by every round of probes. */
  readonly revision: number
  /** Of the last move. */
  readonly at: EpochMs
  /** open: when the first probe may begin · half_open: when this round is given up for another · else null. */
  readonly until: EpochMs | null
  /** Times that it opened without having been closed for long in between: the cool-down grows with them. */
  readonly opened: number
  /** half_open: probes that may still begin in this round, and how many a round has. */
  readonly probes: number
  readonly probesMost: number
  /** Who isolated or released it; `fleet` where its calls did. */
  readonly by: string
  readonly reason: string | null
}

/** One move, kept for good. */
export interface BreakerMove {
  readonly key: BreakerKey
  readonly revision: number
  readonly was: BreakerState
  readonly state: BreakerState
  readonly at: EpochMs
  readonly by: string
  readonly reason: string | null
}

/** Moves that there are. half_open to half_open is another round of probes. */
export const BREAKER_MOVES: readonly (readonly [BreakerState, BreakerState])[] = [
  ['closed', 'open'],
  ['open', 'half_open'],
  ['half_open', 'half_open'],
  ['half_open', 'open'],
  ['half_open', 'closed'],
  ['closed', 'isolated'],
  ['open', 'isolated'],
  ['half_open', 'isolated'],
  ['isolated', 'half_open'],
]

/** What calls under one key came to in one second of the ledger's time. */
export interface Slot {
  readonly at: EpochMs
  readonly calls: number
  readonly failures: number
  /** Attempts behind the first of their step. */
  readonly retries: number
}

/** What one worker knows of lately, by key, and what became of the probes of a round. */
export interface Tallied {
  readonly slots: Readonly<Record<BreakerKey, readonly Slot[]>>
  readonly probes: Readonly<Record<BreakerKey, { readonly revision: number; passed: number; failed: number }>>
}

/** Circuit breakers of the whole fleet. `begin` alone grants probes; no row is written while all are closed. */
export interface Breakers {
  /** Keeps what a worker's calls came to, in a row of its own, and answers with what the others told within `withinMs`. */
  tell(p: { readonly workerId: number; readonly told: Tallied; readonly withinMs: number }): Promise<{
    readonly at: EpochMs
    readonly others: readonly Tallied[]
    readonly rows: readonly BreakerRow[]
  }>
  /** Opens or closes one that still is as it was seen; `moved` when it is not, or when there is no such move. */
  move(p: {
    readonly key: BreakerKey
    readonly revision: number
    readonly to: 'open' | 'closed'
    /** open: for how long, and how many probes come then. */
    readonly coolDownMs: number
    readonly probesMost: number
    readonly opened: number
    readonly reason: string
  }): Promise<{ readonly code: 'ok' | 'moved' }>
  /** By hand: no begin is granted after it. `unchanged`: it was. */
  isolate(p: {
    readonly key: BreakerKey
    readonly by: string
    readonly reason?: string
  }): Promise<{ readonly code: 'ok' | 'unchanged' }>
  /** Lets probes through, from isolation or before the cool-down is over. `unchanged`: nothing was in the way. */
  release(p: {
    readonly key: BreakerKey
    readonly by: string
    readonly jitterMs: number
  }): Promise<{ readonly code: 'ok' | 'unchanged' }>
  /** By key. */
  list(): Promise<BreakerRow[]>
  /** In the order in which they took hold, by key. */
  moves(p: { readonly key: BreakerKey }): Promise<BreakerMove[]>
}
