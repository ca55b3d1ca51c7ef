import type { Clock, EpochMs } from '../core/time.js'
import type { LedgerTime } from '../orchestrator/ledger-time.js'
import type { Stretch } from '../orchestrator/stretch-end.js'

/** What a worker did in a time that a host gave it. */
export interface Worked {
  /** Stretches that came to rest: from a claim until a run parked, ended or was lost. */
  readonly stretches: number
  /** Whether nothing was left to do when it returned. false: the time was over, or the ledger was away. */
  readonly idle: boolean
}

export interface VisitPorts {
  readonly clock: Clock
  readonly time: LedgerTime
  /** Has the worker's loop look at once. */
  readonly poke: () => void
}

/**
 * A while in which a worker takes due runs for a host that has time for it: until none is due within it and none is under
 * way, or until it is over. What is under way then goes on.
 */
export class Visit {
  readonly result: Promise<Worked>
  readonly #until: number
  /** When runs that parked during it are due again. */
  readonly #soon = new Map<string, EpochMs>()
  readonly #stopTimer: () => void
  #stretches = 0
  #leave: (worked: Worked) => void = () => undefined

  constructor(
    private readonly ports: VisitPorts,
    withinMs: number,
  ) {
    const { clock, poke } = ports
    this.#until = clock.monotonic() + withinMs
    this.#stopTimer = clock.timer(withinMs, poke)
    this.result = new Promise((resolve) => {
      this.#leave = resolve
    })
  }

  /** Whether there is time to take more. */
  get isOpen(): boolean {
    return this.ports.clock.monotonic() < this.#until
  }

  /** A stretch came to rest. */
  heard(runId: string, stretch: Stretch): void {
    this.#stretches += 1
    if (stretch.status === 'parked' && stretch.dueAt !== null) this.#soon.set(runId, stretch.dueAt)
    else this.#soon.delete(runId)
    this.ports.poke()
  }

  /** Nothing more is to be had now. `isQuiet`: and nothing is under way, or may be. True when the visit is over. */
  look(isQuiet: boolean): boolean {
    const { clock, time } = this.ports
    const endsAt = time.now() + this.#until - clock.monotonic()
    const isIdle = isQuiet && ![...this.#soon.values()].some((dueAt) => dueAt < endsAt)
    if (!isIdle && this.isOpen) return false
    this.end(isIdle)
    return true
  }

  end(idle: boolean): void {
    this.#stopTimer()
    this.#leave({ stretches: this.#stretches, idle })
  }
}
