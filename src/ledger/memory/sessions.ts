import type { Admission } from '../../core/admission.js'
import type { SessionFilter, SessionRow, SessionState } from '../../core/sessions.js'
import type { EpochMs } from '../../core/time.js'
import type { Run } from './runs.js'

/** The runs of one conversation: the one whose turn it is, those that it took in, and those behind it. */
export interface Session {
  readonly tenant: string
  readonly session: string
  /** Greatest number that was given, and greatest that had its turn. */
  lastNo: number
  turnNo: number
  active: Run | null
  /** In order of their numbers; some may have ended before their turn. */
  queued: Run[]
  absorbed: Run[]
  /** Every message there ever was; of runs that go on from each other the last. */
  readonly byNo: Map<number, Run>
  sequenced: boolean
  /** How long the latest message would wait for numbers before it, and until when one does. */
  gapMs: number
  gapDueAt: EpochMs | null
  state: SessionState | null
  closed: SessionRow['closed']
  /** 0 until its first message is accepted: such a session is nobody's yet. */
  opened: number
  openedAt: EpochMs
  /** Its last message, or the last end of an active run: from then on it is idle. */
  lastAt: EpochMs
  idleMs: number | null
}

type Gap = Run['gap']

const noOf = (run: Run): number => run.sessionNo ?? 0

/** Sessions: at most one active run each, the others in the order of their numbers. */
export class Sessions {
  private readonly rows = new Map<string, Session>()

  /** Made when it is first asked for; nobody sees it before its first message is accepted. */
  of(tenant: string, session: string): Session {
    const name = `${tenant}\u0000${session}`
    let row = this.rows.get(name)
    if (!row) {
      row = {
        ...{ tenant, session, lastNo: 0, turnNo: 0, active: null, queued: [], absorbed: [], byNo: new Map() },
        ...{ sequenced: false, gapMs: 0, gapDueAt: null, state: null, closed: null },
        ...{ opened: 0, openedAt: 0, lastAt: 0, idleMs: null },
      }
      this.rows.set(name, row)
    }
    return row
  }

  /** One that had a message. */
  known(tenant: string, session: string): Session | undefined {
    const row = this.rows.get(`${tenant}\u0000${session}`)
    return row && row.opened > 0 ? row : undefined
  }

  /** The session of a run; undefined without one. */
  ofRun(run: Run): Session | undefined {
    const { tenant, session } = run.admission
    return session === null ? undefined : this.of(tenant, session)
  }

  all(): IterableIterator<Session> {
    return this.rows.values()
  }

  /** Whether it is the run's turn; without a session it always is. */
  mayRun(run: Run): boolean {
    const row = this.ofRun(run)
    return row === undefined || row.active === run
  }

  /** Only the session's active run writes its state. */
  mayWrite(run: Run): boolean {
    return this.ofRun(run)?.active === run
  }

  /** The caller has asked `mayWrite`. */
  write(run: Run, state: SessionState): void {
    const row = this.ofRun(run)
    if (row) row.state = { version: state.version, text: state.text }
  }

  /** An accepted message opens a session, or opens it anew that was idle for too long: then its state is gone. */
  open(row: Session, p: Admission, now: EpochMs): void {
    const idle = row.active === null && row.gapDueAt === null && row.idleMs !== null && now >= row.lastAt + row.idleMs
    if (row.opened === 0 || idle) {
      row.opened += 1
      row.openedAt = now
      row.idleMs = p.idleMs ?? null
      row.state = null
    }
    row.sequenced = p.sequence !== undefined
    row.lastAt = now
  }

  /** Takes the turn when it is next and nobody has it, else a place in the queue. */
  join(row: Session, run: Run, gapMs: number, now: EpochMs): void {
    row.lastNo = Math.max(row.lastNo, noOf(run))
    row.byNo.set(noOf(run), run)
    row.queued.push(run)
    row.queued.sort((a, b) => noOf(a) - noOf(b))
    if (row.sequenced) row.gapMs = gapMs
    if (row.active === null) this.pass(row, now)
  }

  /** The session's next run, and the gap before it. */
  private next(row: Session): { readonly run: Run; readonly gap: Gap } | null {
    row.queued = row.queued.filter(({ state }) => state !== 'ended')
    const [run] = row.queued
    return run ? { run, gap: this.gapBefore(row, noOf(run)) } : null
  }

  /** First and last of the numbers before `no` that had no turn and that no message has. They may be a great many. */
  private gapBefore(row: Session, no: number): Gap {
    let [first, last] = [row.turnNo + 1, no - 1]
    while (first < no && row.byNo.has(first)) first += 1
    if (first >= no) return null
    while (row.byNo.has(last)) last -= 1
    return [first, last]
  }

  /** Nobody has the turn: the next run gets it, or the wait for missing numbers begins. Answers whose turn it is. */
  private pass(row: Session, now: EpochMs): Run | null {
    row.active = null
    row.gapDueAt = null
    const next = this.next(row)
    if (!next) return null
    if (next.gap) {
      row.gapDueAt = next.run.createdAt + row.gapMs
      return null
    }
    return this.give(row, next.run, now)
  }

  /** The turn is this run's; whoever asks has seen to it that it is next. */
  private give(row: Session, run: Run, now: EpochMs): Run {
    row.queued = row.queued.filter((one) => one !== run)
    row.active = run
    row.turnNo = noOf(run)
    row.gapDueAt = null
    row.lastAt = now
    return run
  }

  /** The turn, or the place in the queue, goes to the run that goes on from this one. Whether it is its turn. */
  handOn(from: Run, to: Run): boolean {
    const row = this.ofRun(from)
    if (!row) return true
    row.byNo.set(noOf(to), to)
    if (row.active === from) row.active = to
    else row.queued = [...row.queued.filter((one) => one !== from), to].sort((a, b) => noOf(a) - noOf(b))
    return row.active === to
  }

  /**
   * The run has ended: who is next, if it was the active one. A run that a claim took ahead of its turn, for its deadline or
   * a kill, is waited for: it has the turn until it has ended.
   */
  leave(run: Run, now: EpochMs): Run | null {
    const row = this.ofRun(run)
    if (!row) return null
    if (row.active === run) {
      row.lastAt = now
      return this.pass(row, now)
    }
    // The one that was waited with may be gone, and with it the wait.
    return row.active === null ? this.pass(row, now) : null
  }

  /** The wait for missing numbers is over: they are given up, or have come. Answers whose turn it is, and what it lacks. */
  passGap(row: Session, now: EpochMs): { readonly run: Run; readonly gap: Gap } | null {
    const next = this.next(row)
    if (next) this.give(row, next.run, now)
    else row.gapDueAt = null
    return next
  }

  /**
   * The messages that the active run may take in now: the next of its agent, none missing before them; null when one may not.
   * One that another run called ends by itself: its parent must hear of it.
   */
  absorbable(run: Run, ids: readonly string[]): Run[] | null {
    const row = this.ofRun(run)
    if (row?.active !== run) return null
    const waiting = row.queued.filter(({ state }) => state !== 'ended')
    const found = waiting.slice(0, ids.length)
    const fits = ids.every((id, i) => {
      const one = found[i]
      if (one?.admission.runId !== id || one.kin.parent) return false
      return one.state === 'queued' && one.admission.agent === run.admission.agent
    })
    const last = found.at(-1)
    return fits && last && this.gapBefore(row, noOf(last)) === null ? found : null
  }

  /** They wait for the end of the run that took them in. */
  absorb(run: Run, taken: readonly Run[]): void {
    const row = this.ofRun(run)
    if (!row) return
    row.queued = row.queued.filter((one) => !taken.includes(one))
    row.absorbed.push(...taken)
    row.turnNo = Math.max(row.turnNo, ...taken.map(noOf))
  }

  /** What the active run took in. */
  takenIn(run: Run): readonly Run[] {
    const row = this.ofRun(run)
    return row?.active === run ? row.absorbed : []
  }

  /** They are no longer its own afterwards. */
  released(run: Run): readonly Run[] {
    const row = this.ofRun(run)
    const taken = this.takenIn(run)
    if (row && taken.length > 0) row.absorbed = []
    return taken
  }

  /** In order of tenant and session. */
  list(p: SessionFilter): SessionRow[] {
    const { tenant, tenants, closed, after, limit = 100 } = p
    const found = [...this.rows.values()].filter(
      (row) =>
        row.opened > 0 &&
        (tenant === undefined || row.tenant === tenant) &&
        (tenants?.includes(row.tenant) ?? true) &&
        (closed === undefined || (row.closed !== null) === closed) &&
        (after === undefined || isBehind(row, after)),
    )
    return found
      .sort((a, b) => (isBehind(a, b) ? 1 : -1))
      .slice(0, limit)
      .map(sessionRow)
  }
}

type Named = { readonly tenant: string; readonly session: string }

/** In order of tenant and session. */
export function isBehind(a: Named, b: Named): boolean {
  return a.tenant === b.tenant ? a.session > b.session : a.tenant > b.tenant
}

/** A session as callers see it. */
export function sessionRow(row: Session): SessionRow {
  const { tenant, session, lastNo, turnNo, active, sequenced, gapDueAt, state, closed } = row
  const { opened, openedAt, lastAt, idleMs } = row
  return {
    ...{ tenant, session, lastNo, turnNo, sequenced, gapDueAt, state, closed, opened, openedAt, lastAt, idleMs },
    active: active?.admission.runId ?? null,
  }
}
