import { LIMITS } from '../core/limits.js'
import type { ScheduleRow } from '../core/schedule.js'
import type { TickRun } from '../core/schedules.js'
import type { EpochMs } from '../core/time.js'
import { admissionOf } from '../orchestrator/admission.js'
import type { Definition } from '../orchestrator/definition.js'
import type { Engine } from '../orchestrator/engine.js'
import { planOf, type Timetable, tickOf, ticksAfter } from '../orchestrator/schedule.js'
import type { Service } from './service.js'

export interface SchedulerOptions {
  readonly engine: Pick<Engine, 'ledger' | 'clock' | 'time' | 'entropy' | 'gate'>
  /** Flows with a timetable, one version of each. */
  readonly flows: readonly Definition[]
  readonly alarm: (what: string) => void
}

/** Ticks that are dealt with in one transaction. */
const SLICE = 50

/**
 * Admits a run for each tick of the schedules that this worker knows. All workers do: the ledger lets one of them deal with a
 * tick, and knows how far each schedule is, so what came while none was there is seen by the first that comes.
 */
export class Scheduler implements Service {
  readonly #stop = new AbortController()
  #loop: Promise<void> = Promise.resolve()
  #since = 0

  constructor(private readonly options: SchedulerOptions) {}

  start(): Promise<void> {
    this.#since = this.options.engine.time.now()
    if (this.options.flows.length > 0) this.#loop = this.#run()
    return Promise.resolve()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#loop
  }

  async #run(): Promise<void> {
    const { clock, time } = this.options.engine
    while (!this.#stop.signal.aborted) {
      const next = await this.#look()
      const ms = Math.min(Math.max(1, next - time.now()), LIMITS.schedule_look_ms)
      await clock.sleep(ms, this.#stop.signal)
    }
  }

  /** Deals with what is due, and answers when the next tick is. */
  async #look(): Promise<EpochMs> {
    let next = Number.POSITIVE_INFINITY
    for (const flow of this.options.flows) {
      try {
        next = Math.min(next, await this.#keep(flow, flow.timetable as Timetable))
      } catch (error) {
        this.options.alarm(
          `The schedule of '${flow.name}' waits: ${error instanceof Error ? error.message : String(error)}`,
        )
        next = Math.min(next, this.options.engine.time.now() + LIMITS.schedule_retry_ms)
      }
    }
    return next
  }

  /** Keeps one schedule; the time of its next tick, if it is this worker's word that stands. */
  async #keep(flow: Definition, table: Timetable): Promise<EpochMs> {
    const { ledger, time, gate } = this.options.engine
    const { name, version } = flow
    const { cron, tz, overlap, missed } = table
    const staleMs = LIMITS.schedule_look_ms * LIMITS.schedule_stale_looks
    const asked = { name, version, cron, tz, overlap, missed }
    for (;;) {
      const row = await ledger.schedules.keep({ ...asked, since: this.#since, staleMs })
      const stands = row.version === version && row.cron === cron && row.tz === tz
      if (!stands) return Number.POSITIVE_INFINITY
      const [first] = ticksAfter(table, row.doneUntil, 1)
      if (first === undefined) return Number.POSITIVE_INFINITY
      if (first > time.now() || this.#stop.signal.aborted) return first
      if (!gate.isOpen) return time.now() + LIMITS.schedule_retry_ms
      // By the ledger's clock it may not be time yet: then a moment later.
      if ((await this.#tick(flow, table, row)) === 'early') return time.now() + LIMITS.schedule_retry_ms
    }
  }

  /** Deals with some of the ticks that are due. */
  async #tick(flow: Definition, table: Timetable, row: ScheduleRow): Promise<'ok' | 'moved' | 'early'> {
    const { ledger, time } = this.options.engine
    const now = time.now()
    const ticks = ticksAfter(table, row.doneUntil, SLICE + 1).filter((at) => at <= now)
    const due = ticks.slice(0, SLICE)
    const { run, skipped, until } = planOf(row.missed, due, {
      more: ticks.length > SLICE,
      now,
      lateMs: LIMITS.tick_late_ms,
    })
    const runs: TickRun[] = []
    for (const at of run) {
      const made = await this.#admission(flow, table, at)
      if (made) runs.push(made)
    }
    const { name, revision, doneUntil: from } = row
    const unmade = run.length - runs.length
    return (await ledger.schedules.tick({ name, revision, from, until, skipped: skipped + unmade, runs })).code
  }

  /** What admits the run of a tick: one key for each, and one session for all, in which they take turns. */
  async #admission(flow: Definition, table: Timetable, at: EpochMs): Promise<TickRun | null> {
    const tick = tickOf(table, at)
    try {
      const options = {
        input: table.input(tick),
        key: `tick:${flow.name}:${tick.at}`,
        session: `schedule:${flow.name}`,
      }
      return { at, admission: await admissionOf(flow, options, this.options.engine.entropy) }
    } catch (error) {
      this.options.alarm(
        `The tick of '${flow.name}' at ${tick.at} is skipped: ${error instanceof Error ? error.message : String(error)}`,
      )
      return null
    }
  }
}

/** Of each flow the newest version says when it runs; an older one that is kept for its runs does not. */
export function scheduledFlows(definitions: Iterable<Definition>): Definition[] {
  const newest = new Map<string, Definition>()
  for (const one of definitions) {
    if (one.version >= (newest.get(one.name)?.version ?? 0)) newest.set(one.name, one)
  }
  return [...newest.values()].filter(({ timetable }) => timetable !== null)
}
