import type { JsonValue } from '../core/json.js'
import type { Definition } from './definition.js'
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

/** What is written down of code that does not fit: what the journal holds next, and what was asked for instead. */
export function mismatchOf(
  { name, version, fingerprint }: Pick<Definition, 'name' | 'version' | 'fingerprint'>,
  journal: Journal,
  asked: ReadonlySet<string>,
  expected: string,
): JsonValue {
  const open = [...asked].filter((id) => journal.step(id).final === null)
  return { expected, asked: open, agent: `${name}@${version}`, fingerprint }
}
