import type { Ledger } from '../core/ledger.js'
import { LIMITS } from '../core/limits.js'
import type { ScheduleRow } from '../core/schedule.js'
import type { EpochMs } from '../core/time.js'
import { ticksAfter } from '../orchestrator/schedule.js'

/** A schedule as an operator sees it. */
export interface ScheduleView extends ScheduleRow {
  readonly next: EpochMs | null
  /** Ticks are due that nobody has dealt with yet. */
  readonly overdue: boolean
  /** A live worker keeps it. */
  readonly kept: boolean
}

/** Every schedule that the ledger knows, by name. */
export async function schedulesIn(ledger: Ledger): Promise<ScheduleView[]> {
  const [rows, now] = [await ledger.schedules.list(), await ledger.now()]
  return rows.map((row) => {
    const [next] = ticksAfter(row, Math.max(row.doneUntil, now), 1)
    const [due] = ticksAfter(row, row.doneUntil, 1)
    const kept = row.lookedAt > now - LIMITS.schedule_look_ms * LIMITS.schedule_stale_looks
    return { ...row, next: next ?? null, overdue: due !== undefined && due <= now, kept }
  })
}
