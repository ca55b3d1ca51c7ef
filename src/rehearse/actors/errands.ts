import type { Clock } from '../../core/time.js'

/** What one actor still has to do, on virtual time. */
export class Errands {
  #open = 0

  constructor(private readonly clock: Clock) {}

  get busy(): boolean {
    return this.#open > 0
  }

  /** Does it after so long. One that fails is a mistake of the rehearsal itself: it is thrown where nobody catches it. */
  after(ms: number, errand: () => Promise<void>): void {
    this.#open += 1
    this.clock.timer(Math.max(0, ms), () => {
      void errand().finally(() => {
        this.#open -= 1
      })
    })
  }
}
