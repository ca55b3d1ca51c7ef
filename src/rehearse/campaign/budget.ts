import { wallMs } from './wall-clock.js'

/** How much of a campaign may still be begun: so many cases, for so long, until it is stopped. */
export class Budget {
  readonly #untilMs: number

  constructor(
    private left: number,
    forMs: number,
    private readonly stop: { readonly aborted: boolean },
  ) {
    this.#untilMs = wallMs() + forMs
  }

  /** At most so many cases of those that are left; 0 where time is up. */
  take(wanted: number): number {
    if (this.stop.aborted || wallMs() >= this.#untilMs) return 0
    const taken = Math.min(wanted, this.left)
    this.left -= taken
    return taken
  }
}
