import { MidwatchError } from '../core/errors.js'
import { type Duration, durationMs, type EpochMs } from '../core/time.js'

/** A moment as people write it: a length of time before now (`24h`), or a date with or without a time. Throws `usage`. */
export function sinceOf(text: string, now: EpochMs): EpochMs {
  if (/^\d+(ms|s|m|h|d)$/.test(text)) return now - durationMs(text as Duration)
  const at = Date.parse(text)
  if (!Number.isNaN(at)) return at
  throw new MidwatchError('usage', `'${text}' is no time; write '24h', '7d', '2026-01-31' or '2026-01-31T02:00Z'.`)
}
