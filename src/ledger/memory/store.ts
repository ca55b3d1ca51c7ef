import { canonical } from '../../core/json.js'
import type { Mail } from '../../core/mail.js'
import type { Notice } from '../../core/operated.js'
import type { Claimed } from '../../core/run-row.js'
import { scopeOf } from '../../core/scope.js'
import type { EpochMs } from '../../core/time.js'
import { Blobs } from './blobs.js'
import { BreakerTable } from './breaker-table.js'
import { DriftTable } from './drift-table.js'
import { Effects } from './effects.js'
import { Escalations } from './escalations.js'
import { Groups } from './groups.js'
import { LifeBook } from './life-book.js'
import { LineTable } from './line-table.js'
import { Locks } from './locks.js'
import { Meters } from './meters.js'
import { Notices } from './notices.js'
import type { Run } from './runs.js'
import { canBeWoken, Runs } from './runs.js'
import { ScheduleTable } from './schedule-table.js'
import { ScoreTable } from './score-table.js'
import { Sessions } from './sessions.js'
import { Switches } from './switches.js'
import { TokenTable } from './tokens.js'
import { Wakes } from './wakes.js'
import { WorkerTable } from './workers.js'

/** Where the memory ledger's time comes from, and what it is made with. */
export interface MemoryOptions {
  /** Milliseconds since the epoch; the system's when it is left out. */
  readonly clock?: { now(): number }
  /** Secret of the effect keys; fixed when it is left out, so that a seed replays. */
  readonly secret?: string
  /** Raised after a restore: the fences of before are then stale. From 1. */
  readonly incarnation?: number
}

/** Everything the ledger knows, one table per noun. Whoever writes it does so without awaiting: atomic and serial. */
export class Store {
  readonly runs = new Runs()
  readonly sessions = new Sessions()
  readonly schedules = new ScheduleTable()
  readonly drift = new DriftTable()
  readonly workers = new WorkerTable()
  readonly effects = new Effects()
  readonly locks = new Locks()
  readonly meters = new Meters()
  readonly switches = new Switches()
  readonly escalations = new Escalations()
  readonly groups = new Groups()
  readonly notices = new Notices()
  readonly wakes = new Wakes()
  readonly blobs = new Blobs()
  readonly tokens = new TokenTable()
  readonly scores = new ScoreTable()
  readonly breakers = new BreakerTable()
  readonly lines = new LineTable()
  readonly lifeBook = new LifeBook()
  /** Every entry in the order in which they were written; it keeps the places of those that were pruned. */
  readonly written: { readonly run: Run; readonly seq: number }[] = []
  readonly secret: string
  readonly incarnation: number
  private readonly clock: { now(): number }

  constructor(options: MemoryOptions) {
    this.clock = options.clock ?? Date
    this.secret = options.secret ?? 'memory'
    this.incarnation = options.incarnation ?? 1
  }

  /** Whole milliseconds, as the database has them. */
  now(): EpochMs {
    return Math.floor(this.clock.now())
  }

  /** Due now, and whoever listens to its queue is told. */
  makeDue(run: Run, now: EpochMs): void {
    this.runs.setDue(run, now)
    this.tellDue(run)
  }

  /** Tells those who wait for work in the run's queue. */
  tellDue(run: Run): void {
    this.wakes.tell('due', run.admission.queue)
  }

  /** Why a run may begin nothing: a run above it has ended, which is for good, or a switch covers it. */
  covering(run: Run, tool: string | null = null): Claimed['switched'] {
    const gone = run.kin.ancestors.find((one) => one.state === 'ended')
    if (gone) return { scope: scopeOf.run(gone.admission.runId), mode: 'end', by: 'its end' }
    return this.switches.covering(run.scopes, tool)
  }

  /** Mail for the run's holder; a run that nobody holds becomes due. */
  post(run: Run, kind: Mail['kind'], body: Readonly<Record<string, unknown>>, at: EpochMs): void {
    run.mail.push({ no: run.mail.length + 1, kind, body: canonical(body), at })
    if (kind === 'message') this.wakes.tell('mail', run.admission.runId)
    if (canBeWoken(run)) this.makeDue(run, at)
  }

  /** Leaves a notice for people. */
  tell(kind: Notice['kind'], run: Run | null, body: Readonly<Record<string, unknown>>, at: EpochMs): void {
    const { tenant = null, runId = null } = run?.admission ?? {}
    this.wakes.tell('notice', this.notices.leave({ kind, tenant, runId, body: canonical(body), at }))
  }

  /** Leaves a notice of something that is no run's. */
  leave(kind: Notice['kind'], tenant: string | null, body: Readonly<Record<string, unknown>>, at: EpochMs): void {
    this.wakes.tell('notice', this.notices.leave({ kind, tenant, runId: null, body: canonical(body), at }))
  }
}
