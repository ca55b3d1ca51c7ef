import type { Admission } from './admission.js'
import type { Schedule, ScheduleRow, Ticked } from './schedule.js'
import type { EpochMs } from './time.js'

/** A tick to be run, with what admits its run. */
export interface TickRun {
  readonly at: EpochMs
  readonly admission: Admission
}

/** Schedules: each tick is dealt with once, whoever looks and however many do. */
export interface Schedules {
  /**
   * Says that this schedule is to be kept, and answers with what stands. A newer version's word replaces an older one's, and
   * at the same version that of the worker that started later; whatever stands is replaced once nobody has looked at it for
   * `staleMs`. One that is new or changed has no ticks before now.
   */
  keep(p: Schedule & { readonly since: EpochMs; readonly staleMs: number }): Promise<ScheduleRow>
  /**
   * Deals with the ticks after `from` up to `until`, in one transaction, if that is how far the schedule is: admits these runs
   * in order, each unless its session's last one has not ended and the schedule skips it then, and counts `skipped` others.
   */
  tick(p: {
    readonly name: string
    readonly revision: number
    readonly from: EpochMs
    readonly until: EpochMs
    readonly skipped: number
    readonly runs: readonly TickRun[]
  }): Promise<Ticked>
  list(): Promise<ScheduleRow[]>
}
