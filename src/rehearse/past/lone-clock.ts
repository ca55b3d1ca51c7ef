import { setTimeout as realSleep } from 'node:timers/promises'
import type { Clock, EpochMs } from '../../core/time.js'

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

/** How often real work abroad is looked at, ms. */
const LOOK_MS = 2

/**
 * Virtual time of one process that nobody disturbs. It goes on by itself, to whatever is next, whenever nothing is left to
 * do now; it stands still while something real is under way, such as a call of a model.
 */
export class LoneClock implements Clock {
  readonly #asleep = new Set<Sleeper>()
  #soons = 0
  #abroad = 0

  constructor(private at: EpochMs) {}

  now(): EpochMs {
    return this.at
  }

  monotonic(): number {
    return this.at
  }

  /** Never back. */
  setTime(at: EpochMs): void {
    this.at = Math.max(this.at, at)
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const stop = this.timer(ms, () => end())
      const end = () => {
        stop()
        signal?.removeEventListener('abort', end)
        resolve()
      }
      signal?.addEventListener('abort', end, { once: true })
    })
  }

  timer(ms: number, ring: () => void): () => void {
    const sleeper = { at: this.at + Math.max(0, Math.ceil(ms)), wake: ring }
    this.#asleep.add(sleeper)
    return () => void this.#asleep.delete(sleeper)
  }

  soon(call: () => void): void {
    this.#soons += 1
    setImmediate(() => {
      this.#soons -= 1
      call()
    })
  }

  /** Something real: time stands still until it is over. */
  async abroad<T>(work: PromiseLike<T>): Promise<T> {
    this.#abroad += 1
    try {
      return await work
    } finally {
      this.#abroad -= 1
    }
  }

  /** Lets time go on until the work is done. Rejects as it does, and where nothing is left that could bring it on. */
  async until<T>(work: Promise<T>): Promise<T> {
    let isOver = false
    const over = () => {
      isOver = true
    }
    work.then(over, over)
    for (;;) {
      await this.#rest()
      if (isOver) return work
      if (this.#abroad > 0) await realSleep(LOOK_MS)
      else if (!this.#goOn()) throw new Error('Nothing is left that could go on.')
    }
  }

  /** Until all that is ready has run. */
  async #rest(): Promise<void> {
    do await new Promise<void>((turn) => void setImmediate(turn))
    while (this.#soons > 0)
  }

  #goOn(): boolean {
    let next: Sleeper | null = null
    for (const one of this.#asleep) if (next === null || one.at < next.at) next = one
    if (next === null) return false
    this.#asleep.delete(next)
    this.at = Math.max(this.at, next.at)
    next.wake()
    return true
  }
}
