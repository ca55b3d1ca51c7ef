import type { ScheduleRow } from '../../core/schedule.js'

export type Row = { -readonly [K in keyof ScheduleRow]: ScheduleRow[K] }

/** Schedules by name. */
export class ScheduleTable {
  readonly rows = new Map<string, Row>()
}
