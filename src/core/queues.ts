import type { EpochMs } from './time.js'

/** How urgent a run is, the least first. Its children and what goes on from it are as urgent. */
export const PRIORITIES = ['low', 'normal', 'high'] as const
export type Priority = (typeof PRIORITIES)[number]

/** Where a bound counts what waits to begin: in a queue, of a tenant, of an agent. */
export const BOUND_KINDS = ['agent', 'queue', 'tenant'] as const
export type BoundKind = (typeof BOUND_KINDS)[number]

/** `queue:NAME`, `tenant:NAME`, `agent:NAME`; `tenant:*` is each tenant that has no bound of its own. */
export type BoundScope = `${BoundKind}:${string}`

/** Whether a text names where a bound counts. */
export function isBoundScope(text: string): text is BoundScope {
  const [, kind, name = ''] = /^([a-z]+):(.{1,200})$/s.exec(text) ?? []
  return BOUND_KINDS.some((one) => one === kind) && name !== ''
}

/** Why an admission was turned away. full: so many wait to begin · late: it could not begin before its deadline. */
export interface Overload {
  readonly scope: BoundScope
  readonly why: 'full' | 'late'
  /** When to ask again. */
  readonly retryAfterMs: number
}

/** A queue in which something waits, or that somebody serves. */
export interface QueueRow {
  readonly queue: string
  /** Runs that were asked for from outside and have not begun; counted to `DEPTH_MOST`. */
  readonly waiting: number
  /** When the one that waits longest was admitted. */
  readonly oldestAt: EpochMs | null
  /** Names of the workers that look into it now. */
  readonly servedBy: readonly string[]
}

/** A line with a bound, and what it came to since it has one. */
export interface LineRow {
  readonly scope: BoundScope
  readonly max: number
  readonly by: string
  readonly at: EpochMs
  /** As of a queue; 0 for what stands for each, such as `tenant:*`. */
  readonly waiting: number
  /** Turned away because it was full, or because it was too late. */
  readonly refused: number
  readonly late: number
  /** Ended before they began, for what was more urgent. */
  readonly shed: number
  /** Runs that begin in 1,000 s while more than that wait; null where nothing is known of the last minute. */
  readonly rate: number | null
}

/** What waits to begin, and how much may. Where nothing is bounded an admission looks at one empty table. */
export interface Queues {
  /** At most `max` wait to begin there, from the next admission on; null: as many as come. */
  setBound(p: { readonly scope: BoundScope; readonly max: number | null; readonly by: string }): Promise<void>
  /** By name. */
  list(): Promise<QueueRow[]>
  /** Those that turned most away first. */
  lines(p: { readonly limit: number }): Promise<LineRow[]>
}

/** What waits is counted so far, where it is only shown. */
export const DEPTH_MOST = 10_000
/** A rate is known for so long. */
export const RATE_MS = 60_000
/** A line is counted anew after so long, to learn its rate. */
export const MARK_MS = 5_000
/** People are told once in so long that a line turns work away. */
export const OVERLOAD_TOLD_MS = 900_000

/**
 * Runs that begin in 1,000 s, from two looks at a line that are `ms` apart: `depth` waited at the first, and `begun` began. Only
 * where more waited than began was the line never empty; else this would say how little came, and not how much can be done.
 */
export function beginRate(depth: number, begun: number, ms: number): number | null {
  return begun > 0 && depth > begun && ms > 0 ? Math.floor((begun * 1_000_000) / ms) : null
}

/** How many of a line can begin within a run's time, if all that begins were of this line. */
export const canBegin = (rate: number, deadlineMs: number): number => Math.floor((rate * deadlineMs) / 1_000_000)

/** When a tenth of the line will have begun, within reason. */
export function retryAfterMs(depth: number, rate: number | null): number {
  if (rate === null || rate === 0) return 5_000
  return Math.min(60_000, Math.max(1_000, Math.floor((depth * 100_000) / rate)))
}
