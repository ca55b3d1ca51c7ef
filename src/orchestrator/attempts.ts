import { Stop } from './stop.js'

/** Attempts that an activation asked for and has not settled, each with the way to abort it. */
export class Attempts {
  readonly #open = new Map<number, Stop>()
  readonly #asked = new Set<Stop>()

  /** Attempts under way. */
  get size(): number {
    return this.#open.size
  }

  /** True when nothing is under way and no begin waits for its answer. */
  get idle(): boolean {
    return this.#open.size === 0 && this.#asked.size === 0
  }

  /** A begin is on its way to the ledger: from here on it can be aborted, for it may be granted already. */
  ask(): Stop {
    const stop = new Stop()
    this.#asked.add(stop)
    return stop
  }

  refused(stop: Stop): void {
    this.#asked.delete(stop)
  }

  granted(stop: Stop, seq: number): void {
    this.#asked.delete(stop)
    this.#open.set(seq, stop)
  }

  has(seq: number): boolean {
    return this.#open.has(seq)
  }

  close(seq: number): void {
    this.#open.delete(seq)
  }

  /** Aborts what is under way, and what is granted but not heard of yet; each attempt settles itself. */
  abortAll(why: string): void {
    for (const stop of [...this.#open.values(), ...this.#asked]) stop.abort(new DOMException(why, 'AbortError'))
  }
}
