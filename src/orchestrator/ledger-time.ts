import type { Clock, EpochMs } from '../core/time.js'
import { Stopwatch } from './stopwatch.js'

/**
 * The ledger's time as this worker knows it: what the ledger last said, and what has passed since by the monotonic clock. A
 * wall clock that jumps must neither end a run before its deadline nor let it wait for an hour.
 *
 * What the ledger said may be old when it is heard: an answer alone can only put this time forward, as it must be after a
 * suspension, in which the monotonic clock stood still. Where it is known when the ledger was asked, the time it said is
 * no older than that, and this time can be put back too. So it is behind the ledger's by an answer's way, and not ahead.
 */
export class LedgerTime {
  #offsetMs: number
  #heard = false

  constructor(private readonly clock: Clock) {
    this.#offsetMs = clock.now() - clock.monotonic()
  }

  /** Starts a watch to be given to `anchor`, right before the ledger is asked. */
  asking(): Stopwatch {
    return new Stopwatch(this.clock)
  }

  /** Takes a reading of the ledger's clock, however old it is by now. */
  observe(at: EpochMs): void {
    const least = at - this.clock.monotonic()
    this.#offsetMs = this.#heard ? Math.max(this.#offsetMs, least) : least
    this.#heard = true
  }

  /** Takes a reading that answers a question: it is no older than that. */
  anchor(at: EpochMs, asked: Stopwatch): void {
    this.observe(at)
    // Of the two clocks the one that went further: a machine that was suspended meanwhile heard an answer that is older.
    this.#offsetMs = Math.min(this.#offsetMs, at + asked.elapsedMs() - this.clock.monotonic())
  }

  now(): EpochMs {
    return Math.round(this.clock.monotonic() + this.#offsetMs)
  }
}
