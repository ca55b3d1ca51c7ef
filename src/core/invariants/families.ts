import type { Entry } from '../entries.js'
import type { RunRow } from '../run-row.js'
import { JournalFold, type Tally } from './fold.js'

/** A run with descendants: its row, and what its own journal alone charged to its meters; null where that is not known. */
export interface Family {
  readonly run: RunRow
  readonly own: ReadonlyMap<string, Tally> | null
}

/** The row and the entries up to its head. A pruned journal tells nothing of its own. */
export function familyOf(run: RunRow, entries: readonly Entry[]): Family {
  if (run.prunedAt !== null) return { run, own: null }
  const fold = new JournalFold()
  for (const entry of entries) fold.add(entry)
  return { run, own: fold.meters }
}

/** One text for an own meter of a run, by its scope. */
export const ownMeterKey = (scope: string, meter: string): string => `${scope}\n${meter}`
