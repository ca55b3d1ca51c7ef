/**
 * Cumulative sums of surprise, one for each direction: Page, "Continuous Inspection Schemes", Biometrika 41, 1954. What exceeds
 * the allowance adds up; the sum falls back to nothing while nothing is unusual, and where it last left nothing the change began.
 */

/** Half of the change that is looked for, in deviates: it is found soonest at twice that. */
export const ALLOWANCE = 1
/** One day says no more than this, however strange it was: no single day raises an alarm. */
const MOST_A_DAY = 4

export interface Sum {
  readonly value: number
  /** How many days it has been above nothing. */
  readonly days: number
}

export const NOTHING: Sum = { value: 0, days: 0 }

/** The sum after one more day; `direction` is 1 for more than before, -1 for less. */
export function afterDay(sum: Sum, surprise: number, direction: 1 | -1): Sum {
  const seen = Math.max(-MOST_A_DAY, Math.min(MOST_A_DAY, direction * surprise))
  const value = sum.value + seen - ALLOWANCE
  return value <= 0 ? NOTHING : { value, days: sum.days + 1 }
}

/**
 * The height at which one sum raises a false alarm about once in so many days: Siegmund's approximation of its run length
 * (Sequential Analysis, 1985), solved for the height.
 */
export function heightFor(days: number): number {
  let reach = 1
  // exp(2kb) = 1 + 2kb + 2k²·days, a contraction in b.
  for (let turn = 0; turn < 40; turn += 1) {
    reach = Math.log(1 + 2 * ALLOWANCE * reach + 2 * ALLOWANCE * ALLOWANCE * days) / (2 * ALLOWANCE)
  }
  return reach - 1.166
}
