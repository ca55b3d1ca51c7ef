import type { Clock } from '../core/time.js'

/**
 * Time as the scenario's world outside takes it. Where a fault makes a call act late, the world is held to what the tool
 * promises of it (`settles`): its own slowness comes out of what is left, and not on top.
 */
export class WorldTime {
  readonly #due: number[] = []

  constructor(private readonly clock: Clock) {}

  /** As long as it was asked for, and never past what the world must be done with. */
  readonly sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
    const leftMs = Math.min(...this.#due) - this.clock.now()
    return this.clock.sleep(Math.max(0, Math.min(ms, leftMs)), signal)
  }

  /** What the world does here is done by that instant, epoch ms. */
  async by<T>(at: number, work: () => Promise<T>): Promise<T> {
    this.#due.push(at)
    try {
      return await work()
    } finally {
      this.#due.splice(this.#due.indexOf(at), 1)
    }
  }
}
