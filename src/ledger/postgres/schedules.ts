import type { ScheduleRow, Ticked } from '../../core/schedule.js'
import type { Schedules } from '../../core/schedules.js'
import { headOf } from './admission-head.js'
import type { Database } from './pool.js'

const COLUMNS = `name, version, cron, tz, overlap, missed, revision, since, first_seen as "firstSeen", done_until as "doneUntil",
  last_tick as "lastTick", last_run as "lastRun", ran, skipped, looked_at as "lookedAt"`

export function schedulesOf(database: Database): Schedules {
  return {
    keep: async ({ staleMs, ...asked }) => {
      const kept = `select ${COLUMNS} from midwatch.keep_schedule($1)`
      return (await database.row(kept, [JSON.stringify({ ...asked, stale_ms: staleMs })])) as unknown as ScheduleRow
    },
    tick: async ({ name, revision, from, until, skipped, runs }) => {
      const heads = runs.map(({ admission }) => JSON.stringify(headOf(admission)))
      const bodies = runs.map(({ admission }) => admission.body)
      const row = await database.row('select * from midwatch.tick($1, $2, $3, $4, $5, $6, $7, $8)', [
        ...[name, revision, from, until, skipped],
        ...[runs.map(({ at }) => at), heads, bodies],
      ])
      return { code: row.code, runs: row.runs, skipped: Number(row.skipped) } as Ticked
    },
    list: async () =>
      (await database.rows(`select ${COLUMNS} from midwatch.schedule order by name`)) as unknown as ScheduleRow[],
  }
}
