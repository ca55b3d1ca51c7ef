import type { EpochMs } from './time.js'

/** What becomes of a tick while the run of an earlier one has not ended: it is skipped, or waits for its turn. */
export const OVERLAPS = ['skip', 'queue'] as const
export type Overlap = (typeof OVERLAPS)[number]

/** What becomes of ticks that came while no worker was there: the last one runs, all do, or none. */
export const MISSED = ['last', 'all', 'skip'] as const
export type Missed = (typeof MISSED)[number]

/** When a flow is run by itself. */
export interface Schedule {
  /** Of the flow; it has one schedule. */
  readonly name: string
  /** Version of the flow that says so. */
  readonly version: number
  readonly cron: string
  /** IANA name, such as `Europe/Berlin`. */
  readonly tz: string
  readonly overlap: Overlap
  readonly missed: Missed
}

/** A schedule as it stands, and how far it is. */
export interface ScheduleRow extends Schedule {
  /** Raised by each change of what stands. */
  readonly revision: number
  /** When the worker started whose word this is. */
  readonly since: EpochMs
  readonly firstSeen: EpochMs
  /** Ticks up to here are dealt with. */
  readonly doneUntil: EpochMs
  /** The last tick that was run, and its run. */
  readonly lastTick: EpochMs | null
  readonly lastRun: string | null
  readonly ran: number
  readonly skipped: number
  /** When a worker that keeps it last looked at it. */
  readonly lookedAt: EpochMs
}

/** `moved`: another worker was there first, or another schedule stands · `early`: by the ledger's clock it is not time yet. */
export interface Ticked {
  readonly code: 'ok' | 'moved' | 'early'
  readonly runs: readonly string[]
  readonly skipped: number
}
