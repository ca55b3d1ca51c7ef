import type { Group } from '../../core/run-row.js'
import type { Run } from './runs.js'

interface Row {
  readonly atOnce: number
  admitted: number
  /** Those that were made due and have not ended. */
  working: number
  ended: number
  total: number | null
  /** Those that have to wait for a place, in order. */
  readonly behind: Run[]
}

/** Children of one step, of which so many are due at a time, in order of their places. */
export class Groups {
  private readonly rows = new Map<string, Row>()

  find(runId: string, step: string): Row | undefined {
    return this.rows.get(`${runId}\u0000${step}`)
  }

  /** The first one to come says how many may be due at a time. */
  open(runId: string, step: string, atOnce: number): Row {
    const row = this.find(runId, step) ?? { atOnce, admitted: 0, working: 0, ended: 0, total: null, behind: [] }
    this.rows.set(`${runId}\u0000${step}`, row)
    return row
  }

  /** Takes a place that is free, else one in the queue. */
  join(row: Row, run: Run): void {
    row.admitted += 1
    if (run.kin.behind) this.wait(row, run)
    else row.working += 1
  }

  /** Queues it by its place. */
  wait({ behind }: Row, run: Run): void {
    const before = behind.findLastIndex((one) => (one.kin.groupNo ?? 0) <= (run.kin.groupNo ?? 0))
    behind.splice(before + 1, 0, run)
  }

  /** The run has ended: who is due now, and whether that was the last of all. */
  leave(run: Run, runId: string, step: string): { readonly due: Run[]; readonly complete: boolean } {
    const row = this.find(runId, step)
    if (!row) return { due: [], complete: false }
    row.ended += 1
    // One that was claimed ahead of its turn, for its deadline or a kill, held no place.
    if (!run.kin.behind) row.working -= 1
    run.kin.behind = false
    const due: Run[] = []
    while (row.working < row.atOnce) {
      const next = nextOf(row)
      if (!next) break
      next.kin.behind = false
      row.working += 1
      due.push(next)
    }
    return { due, complete: row.ended === row.total }
  }

  look(runId: string, step: string): Group | null {
    const row = this.find(runId, step)
    return row ? { atOnce: row.atOnce, admitted: row.admitted, ended: row.ended, total: row.total } : null
  }
}

/** Those that were claimed ahead of their turn are passed over. */
function nextOf({ behind }: Row): Run | undefined {
  let next = behind.shift()
  while (next && next.state !== 'queued') next = behind.shift()
  return next
}
