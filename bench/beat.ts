import type { Tally } from './tally.js'

/** For runs whose steps nobody awaits one by one: a step lasts from its start to that of the next, the last to the outcome. */
export class Beat {
  #last: number | null = null

  constructor(private readonly tally: Tally) {}

  /** A step starts, or the run is over: the one before is done, and kept. */
  strike(): void {
    const now = performance.now()
    if (this.#last !== null) this.tally.step(now - this.#last)
    this.#last = now
  }
}
