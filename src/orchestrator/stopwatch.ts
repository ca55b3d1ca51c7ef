import type { Clock } from '../core/time.js'

/** Elapsed time by two clocks. For what must not be too late, the one that went further is believed. */
export class Stopwatch {
  readonly #wall: number
  readonly #mono: number
  constructor(private readonly clock: Clock) {
    this.#wall = clock.now()
    this.#mono = clock.monotonic()
  }

  elapsedMs(): number {
    return Math.max(this.clock.now() - this.#wall, this.clock.monotonic() - this.#mono)
  }

  /** What it took, to be charged: whole ms. A wall clock that is set uses nothing up. */
  tookMs(): number {
    return Math.ceil(this.clock.monotonic() - this.#mono)
  }
}
