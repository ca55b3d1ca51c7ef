/** Attempts that an activation began and has not settled, each with the way to abort it. */
export class Attempts {
  readonly #open = new Map<number, AbortController>()
  #beginning = 0

  /** Attempts under way. */
  get size(): number {
    return this.#open.size
  }

  /** True when nothing is under way and no begin waits for its answer. */
  get idle(): boolean {
    return this.#open.size === 0 && this.#beginning === 0
  }

  /** A begin is on its way to the ledger; call what is given back when its answer is there. */
  asked(): () => void {
    this.#beginning += 1
    return () => {
      this.#beginning -= 1
    }
  }

  open(seq: number): AbortController {
    const stop = new AbortController()
    this.#open.set(seq, stop)
    return stop
  }

  close(seq: number): void {
    this.#open.delete(seq)
  }

  /** Aborts what is under way; each attempt settles itself. How many there were. */
  abortAll(why: string): number {
    for (const stop of this.#open.values()) stop.abort(new DOMException(why, 'AbortError'))
    return this.#open.size
  }
}
