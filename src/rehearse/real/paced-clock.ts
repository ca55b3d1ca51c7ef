import type { Clock, EpochMs } from '../../core/time.js'
import type { Pace } from '../../ledger/postgres/rehearsal-databases.js'

interface Sleeper {
  /** By `monotonic`. */
  readonly at: number
  readonly ring: () => void
}

/** Node's timers take no more than this, ms. */
const LONGEST_MS = 2_000_000_000

/** Date as it was when this module was loaded: code under rehearsal may put another in its place. */
const realNow = Date.now

/** A pace that begins now. */
export function paceFrom(atMs: EpochMs, speed: number): Pace {
  return { atMs, sinceMs: realNow(), speed }
}

/**
 * Time that goes a number of times as fast as the machine's, the same in every process that is told the same pace; and that
 * can be put forward where nothing happens.
 */
export class PacedClock implements Clock {
  /** Wall time of this process, as far as it is off. */
  skewMs = 0
  readonly #startMs: number
  readonly #asleep = new Set<Sleeper>()
  #timer: NodeJS.Timeout | null = null
  #stopped = false

  constructor(public pace: Pace) {
    this.#startMs = this.#true()
  }

  #true(): number {
    const { atMs, sinceMs, speed } = this.pace
    return atMs + (realNow() - sinceMs) * speed
  }

  now(): EpochMs {
    return Math.floor(this.#true()) + this.skewMs
  }

  monotonic(): number {
    return this.#true() - this.#startMs
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const end = () => {
        stop()
        signal?.removeEventListener('abort', end)
        resolve()
      }
      const stop = this.timer(ms, end)
      signal?.addEventListener('abort', end, { once: true })
    })
  }

  timer(ms: number, ring: () => void): () => void {
    const sleeper = { at: this.monotonic() + Math.max(0, ms), ring }
    this.#asleep.add(sleeper)
    this.#arm()
    return () => void this.#asleep.delete(sleeper)
  }

  soon(call: () => void): void {
    setImmediate(call)
  }

  /** Ms until the next sleeper wakes; Infinity where none sleeps. */
  get nextMs(): number {
    let next = Number.POSITIVE_INFINITY
    for (const { at } of this.#asleep) next = Math.min(next, at)
    return next - this.monotonic()
  }

  /** Another pace; whoever slept wakes as by the new time. */
  set(pace: Pace): void {
    this.pace = pace
    this.#arm()
  }

  /** Wakes nobody any more, and keeps no process alive. */
  stop(): void {
    this.#stopped = true
    this.#asleep.clear()
    if (this.#timer) clearTimeout(this.#timer)
  }

  #arm(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    const next = this.nextMs
    if (this.#stopped || next === Number.POSITIVE_INFINITY) return
    this.#timer = setTimeout(() => this.#ring(), Math.min(LONGEST_MS, Math.max(0, next) / this.pace.speed))
  }

  /** In order of their times. */
  #ring(): void {
    const now = this.monotonic()
    const due = [...this.#asleep].filter(({ at }) => at <= now).sort((a, b) => a.at - b.at)
    for (const one of due) {
      // One that rang before may have called it off.
      if (this.#asleep.delete(one)) one.ring()
    }
    this.#arm()
  }
}
