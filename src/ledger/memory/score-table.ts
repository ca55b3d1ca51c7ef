import { windowStart } from '../../core/meters.js'
import type { ScoreRow } from '../../core/scores.js'
import type { EpochMs } from '../../core/time.js'
import type { Run } from './runs.js'

/** What was said of runs, by run, name, source and who. */
export class ScoreTable {
  readonly rows = new Map<string, { readonly row: ScoreRow; readonly week: EpochMs }>()

  /** Of a person the last word holds, of all others the first. */
  put(run: Run, row: ScoreRow): 'ok' | 'unchanged' {
    const key = JSON.stringify([row.runId, row.name, row.by, row.who])
    const before = this.rows.get(key)?.row
    const isSame = before?.value === row.value && before.reason === row.reason
    if (before && (row.by !== 'person' || isSame)) return 'unchanged'
    const kept = before ? { ...before, value: row.value, reason: row.reason, at: row.at } : row
    this.rows.set(key, { row: kept, week: windowStart('week', run.endedAt ?? row.at) })
    return 'ok'
  }

  /** Takes the reasons away; answers how many there were. */
  erase(runId: string): number {
    let erased = 0
    for (const [key, { row, week }] of this.rows) {
      if (row.runId !== runId || row.reason === null) continue
      this.rows.set(key, { row: { ...row, reason: null }, week })
      erased += 1
    }
    return erased
  }
}
