import type { Run } from './runs.js'

/** The runs of one conversation: the one whose turn it is, and those behind it. */
interface Session {
  last: number
  active: Run | null
  readonly queued: Run[]
}

/** Sessions: at most one active run each, the others in the order of their numbers. */
export class Sessions {
  private readonly rows = new Map<string, Session>()

  private of(tenant: string, session: string): Session {
    const name = `${tenant}\u0000${session}`
    let row = this.rows.get(name)
    if (!row) {
      row = { last: 0, active: null, queued: [] }
      this.rows.set(name, row)
    }
    return row
  }

  /** Places are given at admission and never again. */
  nextNo(tenant: string, session: string): number {
    const row = this.of(tenant, session)
    row.last += 1
    return row.last
  }

  isFree(tenant: string, session: string): boolean {
    return this.of(tenant, session).active === null
  }

  /** Whether it is the run's turn; without a session it always is. */
  mayRun(run: Run): boolean {
    const { tenant, session } = run.admission
    return session === null || this.of(tenant, session).active === run
  }

  /** Takes the turn when nobody has it, else a place in the queue. */
  join(run: Run, session: string): void {
    const row = this.of(run.admission.tenant, session)
    if (row.active === null) row.active = run
    else row.queued.push(run)
  }

  /**
   * The run has ended: who is next, if it was the active one. A run that a claim took ahead of its turn, for its deadline or
   * a kill, is waited for: it has the turn until it has ended.
   */
  leave(run: Run): Run | null {
    const { tenant, session } = run.admission
    if (session === null) return null
    const row = this.of(tenant, session)
    if (row.active !== run) return null
    do row.active = row.queued.shift() ?? null
    while (row.active && row.active.state === 'ended')
    return row.active
  }
}
