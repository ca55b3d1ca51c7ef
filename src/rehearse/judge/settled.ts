import type { Entry } from '../../core/entries.js'
import { readBody, type SettleBody } from '../../orchestrator/bodies.js'

const read = new WeakMap<Entry, Partial<SettleBody>>()

/** The body of a settlement. Several rules look at each of them: it is read once. */
export function settled(entry: Entry): Partial<SettleBody> {
  const known = read.get(entry) ?? readBody<SettleBody>(entry.body)
  read.set(entry, known)
  return known
}
