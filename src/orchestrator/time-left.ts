import type { JsonValue } from '../core/json.js'
import type { RunRow } from '../core/run-row.js'
import type { Outcome } from '../core/states.js'
import type { Clock, EpochMs } from '../core/time.js'

/** What a run's time is read from. */
interface Timed {
  readonly run: Pick<RunRow, 'createdAt' | 'deadlineAt' | 'parent'>
  readonly definition: { readonly windDownMs: number }
  /** Not null while it is wound down: then all of the time is its. */
  readonly unwinding: object | null
  readonly engine: { readonly clock: Pick<Clock, 'timer'> }
  now(): EpochMs
}

/** How long a run still has, by the ledger's clock: what is kept for its wind-down apart. */
export class TimeLeft {
  constructor(private readonly run: Timed) {}

  ms(): number {
    return this.run.run.deadlineAt - this.#keptMs() - this.run.now()
  }

  /** When it is to be taken up that waits until then: by the ledger it would be at the end of its wind-down's time, too. */
  due(dueAt: EpochMs | null): EpochMs | null {
    const keptMs = this.#keptMs()
    return keptMs === 0 ? dueAt : Math.min(dueAt ?? Number.POSITIVE_INFINITY, this.run.run.deadlineAt - keptMs)
  }

  /** How a run ends whose time is over. */
  over(): Outcome<JsonValue> {
    const { createdAt, deadlineAt } = this.run.run
    const limit = deadlineAt - this.#keptMs() - createdAt
    return { status: 'exhausted', meter: 'deadline', used: this.run.now() - createdAt, limit }
  }

  /** A child, and a run of before there was a wind-down, may have less in all: then half of it. */
  #keptMs(): number {
    const { run, definition, unwinding } = this.run
    const allMs = run.deadlineAt - run.createdAt
    if (unwinding !== null) return 0
    const isShort = run.parent !== null || allMs <= definition.windDownMs
    return isShort ? Math.min(definition.windDownMs, Math.floor(allMs / 2)) : definition.windDownMs
  }

  /** Calls once the time is over; answers with how to stop. What the clock says too early is asked again. */
  watch(isOver: () => void): () => void {
    let stop: () => void = () => undefined
    const look = () => {
      stop = this.run.engine.clock.timer(Math.max(0, this.ms()), () => (this.ms() > 0 ? look() : isOver()))
    }
    look()
    return () => stop()
  }
}
