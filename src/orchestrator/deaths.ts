import type { Entry } from '../core/entries.js'
import { LIMITS } from '../core/limits.js'

/** Of an entry what tells who lived and who died. */
type Life = Pick<Entry, 'kind' | 'fence' | 'ref'>

/**
 * Workers that died over a run, since one last lived through an attempt of it. A worker holds many runs, and its death accuses all
 * of them: so that one is suspect, no more. What counts is who died while it worked this one alone among those that are suspect.
 */
export class Deaths {
  /** Times that the run was taken from a worker that held it and died. */
  count = 0
  /** Times that it was being worked alone then. */
  alone = 0
  #held = false
  #isAlone = false

  /** A claim of a run that was not given back; a settlement by the worker that made the attempt (`begunBy`), not by its heir. */
  fold({ kind, fence, ref }: Life, begunBy: number | undefined): void {
    if (kind === 'claim') this.#claimed()
    else if (kind === 'park') this.#held = false
    else if (kind === 'settle' && ref !== null && begunBy === fence) this.survived()
  }

  #claimed(): void {
    if (this.#held) {
      this.count += 1
      if (this.#isAlone) this.alone += 1
    }
    this.#held = true
    this.#isAlone = false
  }

  /** It is this run's turn: until the next claim all else that is suspect in its worker waits. */
  tried(): void {
    this.#isAlone = true
  }

  /** A worker lived through a part of it. */
  survived(): void {
    this.count = 0
    this.alone = 0
    this.#isAlone = false
  }
}

/** Whether the run must be worked alone before anything can be said of it; `claims` without progress, as its row counts them. */
export const isSuspect = (deaths: Deaths, claims: number): boolean =>
  Math.max(claims - 1, deaths.count) >= LIMITS.deaths_in_company
