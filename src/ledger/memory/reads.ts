import type { Entry } from '../../core/entries.js'
import type { RunFilter, RunRow } from '../../core/ledger.js'
import type { Run } from './runs.js'
import { rowOf } from './runs.js'
import type { Store } from './store.js'

/** Rows of a list when nobody says how many. */
const PAGE = 100

/** Newest first, or by ascending id after the one that is named. */
export function listRuns(store: Store, p: RunFilter): RunRow[] {
  const { after, limit = PAGE } = p
  const found = [...store.runs.byId.values()].filter((run) => fits(run, p))
  if (after === undefined) found.reverse().sort((a, b) => b.createdAt - a.createdAt)
  else found.sort((a, b) => (a.admission.runId < b.admission.runId ? -1 : 1))
  return found.slice(0, limit).map(rowOf)
}

/** Every part of a filter that is given must hold. */
function fits({ admission, state }: Run, p: RunFilter): boolean {
  return (
    (p.tenant === undefined || p.tenant === admission.tenant) &&
    (p.agent === undefined || p.agent === admission.agent) &&
    (p.session === undefined || p.session === admission.session) &&
    (p.states === undefined || p.states.includes(state)) &&
    (p.after === undefined || admission.runId > p.after)
  )
}

/** Entries from seq `from` on, at most `limit`. */
export function readJournal(store: Store, p: { runId: string; from?: number; limit?: number }): Entry[] {
  const { from = 1, limit = Number.POSITIVE_INFINITY } = p
  const entries = store.runs.byId.get(p.runId)?.entries ?? []
  return entries.slice(from - 1, from - 1 + limit)
}
