import type { Delivery } from './delivery.js'
import type { Journal } from './journal.js'

/**
 * A step that the journal holds and the flow, now over, never asked for. A result that it did ask for and did not wait for is
 * none: a branch was over before its sisters.
 */
export function missedStep(delivery: Delivery, journal: Journal, asked: ReadonlySet<string>): string | null {
  const { expected, replaying } = delivery
  if (replaying && expected !== null) return asked.has(expected) ? null : expected
  const forgotten = [...journal.steps.values()].find((s) => !asked.has(s.id) && s.intents.length > 0)
  return forgotten?.id ?? null
}
