/** A moment by both clocks of the machine, ms. The monotonic one is the system's, so parent and child read the same. */
export interface Moment {
  readonly monotonic: number
  readonly wall: number
}

export function now(): Moment {
  return { monotonic: Number(process.hrtime.bigint()) / 1e6, wall: Date.now() }
}

/** By the clock that went further: one stands still while the machine sleeps, the other can be set. */
export function leftUntil(until: Moment): number {
  const at = now()
  return Math.min(until.monotonic - at.monotonic, until.wall - at.wall)
}

export function after(from: Moment, ms: number): Moment {
  return { monotonic: from.monotonic + ms, wall: from.wall + ms }
}
