import { windowStart } from '../../core/meters.js'
import type { EpochMs } from '../../core/time.js'

export const DAY_MS = 86_400_000
export const WEEK_MS = 7 * DAY_MS

/** Weeks begin on Monday, 00:00 UTC, as those of meters do. */
export const weekOf = (at: EpochMs): EpochMs => windowStart('week', at)
export const dayOf = (at: EpochMs): EpochMs => windowStart('day', at)
export const hourOf = (at: EpochMs): EpochMs => windowStart('hour', at)
