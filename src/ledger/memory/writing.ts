import type { EntryFacts } from '../../core/entries.js'
import type { Op } from '../../core/ops.js'
import type { EpochMs } from '../../core/time.js'
import { append } from './journal.js'
import type { Run } from './runs.js'
import type { Store } from './store.js'

/** One op on its way into the journal of the run that its sender holds. */
export interface Writing {
  readonly store: Store
  readonly run: Run
  readonly at: EpochMs
  readonly digest: string
}

/** Writes the op's entry with the facts that were stamped. */
export function enter({ store, run, at, digest }: Writing, op: Op, facts: EntryFacts): void {
  const ref = op.kind === 'settle' || op.kind === 'doubt' ? { ref: op.ref } : {}
  append(store, run, at, { kind: op.kind, ...ref, facts, body: op.body, salt: op.salt, digest })
}
