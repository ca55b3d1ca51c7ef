import { MidwatchError } from './errors.js'

/** A length of time as text: whole numbers only, one unit (`'500ms'`, `'10s'`, `'5m'`, `'4h'`, `'1d'`). */
export type Duration = `${bigint}${'ms' | 's' | 'm' | 'h' | 'd'}`

/** Milliseconds since the epoch, always an integer. In the ledger it is the database's time. */
export type EpochMs = number

/** Time as a port, so that the same core runs under a simulated clock. */
export interface Clock {
  /** Wall time in ms since the epoch. */
  now(): EpochMs
  /** Monotonic time in ms from an arbitrary start. */
  monotonic(): number
  /** Resolves after `ms`, or at once when the signal aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Rings once after `ms`, unless what is given back is called before. */
  timer(ms: number, ring: () => void): () => void
  /** Calls once, when all that is ready now has run: a turn of the event loop. In the order of asking. */
  soon(call: () => void): void
}

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Milliseconds of a duration. Throws `invalid_duration` for anything but a non-negative whole number and a unit. */
export function durationMs(text: Duration): number {
  const found = /^(\d+)(ms|s|m|h|d)$/.exec(text)
  const ms = found ? Number(found[1]) * UNITS[found[2] as keyof typeof UNITS] : Number.NaN
  if (!Number.isSafeInteger(ms)) {
    throw new MidwatchError(
      'invalid_duration',
      `'${text}' is no duration; write a whole number and a unit, such as '500ms', '10s', '5m', '4h' or '1d'.`,
    )
  }
  return ms
}
