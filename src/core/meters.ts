import type { EpochMs } from './time.js'

/** sum: adds up · peak: the largest single call · level: held while open, given back at settle. */
export type MeterKind = 'sum' | 'peak' | 'level'
export type MeterUnit = 'usd' | 'count' | 'bytes'
export const WINDOWS = ['total', 'hour', 'day', 'week', 'month'] as const
/** Calendar windows in UTC; a week starts on Monday. `total` has no window. */
export type Window = (typeof WINDOWS)[number]

/** Meters every run has. `active` is milliseconds of working time, `usd` micro-dollars. */
export const BUILT_IN_METERS = {
  steps: 'sum',
  model_calls: 'sum',
  tool_calls: 'sum',
  attempts: 'sum',
  retries: 'sum',
  strikes: 'sum',
  input_tokens: 'sum',
  output_tokens: 'sum',
  reasoning_tokens: 'sum',
  usd: 'sum',
  active: 'sum',
  context_tokens: 'peak',
  /** How deep the runs below a run may go. */
  depth: 'level',
} as const satisfies Record<string, MeterKind>
export type BuiltInMeter = keyof typeof BUILT_IN_METERS

/**
 * Where a charge is counted: on the run's own meters (`scope` is ''), on a shared one (`tenant:acme/refund-desk`), or on the
 * own meters of a run above it (`run:ID`).
 */
export interface Charge {
  readonly at: 'run' | 'shared' | 'above'
  readonly scope: string
  readonly meter: string
  readonly kind: MeterKind
  readonly per: Window
  /** Worst case in the meter's smallest unit: non-negative safe integer. */
  readonly amount: number
  /** The pinned ceiling; null counts without a limit. */
  readonly limit: number | null
}

/** Start of the window that holds `at`; -1 for `total`. The database does the same in SQL. */
export function windowStart(per: Window, at: EpochMs): EpochMs {
  if (per === 'total') return -1
  const day = new Date(at)
  if (per === 'hour') return at - (((at % 3_600_000) + 3_600_000) % 3_600_000)
  day.setUTCHours(0, 0, 0, 0)
  if (per === 'week') day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7))
  if (per === 'month') day.setUTCDate(1)
  return day.getTime()
}

/** When the window that holds `at` is over; null for `total`. */
export function windowEnd(per: Window, at: EpochMs): EpochMs | null {
  if (per === 'total') return null
  const start = new Date(windowStart(per, at))
  if (per === 'hour') return start.getTime() + 3_600_000
  if (per === 'day') start.setUTCDate(start.getUTCDate() + 1)
  if (per === 'week') start.setUTCDate(start.getUTCDate() + 7)
  if (per === 'month') start.setUTCMonth(start.getUTCMonth() + 1)
  return start.getTime()
}
