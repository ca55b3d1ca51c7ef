import type { Entry } from '../../core/entries.js'
import type { ChildFilter, RunFilter, RunRow } from '../../core/run-row.js'
import type { Run } from './runs.js'
import { rowOf } from './runs.js'
import type { Store } from './store.js'

/** Rows of a list when nobody says how many. */
const PAGE = 100

/** Newest first, or by id after or before the one that is named. */
export function listRuns(store: Store, p: RunFilter): RunRow[] {
  const { after, before, limit = PAGE } = p
  const found = [...store.runs.byId.values()].filter((run) => fits(run, p))
  if (before !== undefined) found.sort((a, b) => (a.admission.runId > b.admission.runId ? -1 : 1))
  else if (after === undefined) found.reverse().sort((a, b) => b.createdAt - a.createdAt)
  else found.sort((a, b) => (a.admission.runId < b.admission.runId ? -1 : 1))
  return found.slice(0, limit).map(rowOf)
}

/** The body of a run's end, if there is one. */
export function endOf(run: Run | undefined): { runId: string; body: string | null }[] {
  const end = run?.entries.findLast(({ kind }) => kind === 'end')
  return end ? [{ runId: end.runId, body: end.body }] : []
}

/** By step, place in the group and id; of a chain of continuations the last. */
export function listChildren(store: Store, p: ChildFilter): RunRow[] {
  const { runId, step, states, after, limit = PAGE } = p
  const found = (store.runs.byId.get(runId)?.kin.children ?? [])
    .filter(({ kin, state }) => kin.continuedAs === null && (states?.includes(state) ?? true))
    .filter(({ kin }) => step === undefined || kin.parent?.step === step)
  const behind = after === undefined ? undefined : store.runs.byId.get(after)
  const rest = behind ? found.filter((run) => byPlace(run, behind) > 0) : found
  return rest.sort(byPlace).slice(0, limit).map(rowOf)
}

function byPlace(a: Run, b: Run): number {
  const [one, other] = [a.kin.parent?.step ?? '', b.kin.parent?.step ?? '']
  if (one !== other) return Buffer.compare(Buffer.from(one), Buffer.from(other))
  return (a.kin.groupNo ?? 0) - (b.kin.groupNo ?? 0) || (a.admission.runId < b.admission.runId ? -1 : Number(a !== b))
}

/** Every part of a filter that is given must hold. */
function fits({ admission, state, workerId, outcome, endedAt }: Run, p: RunFilter): boolean {
  return (
    (p.tenant === undefined || p.tenant === admission.tenant) &&
    (p.tenants?.includes(admission.tenant) ?? true) &&
    (p.outcomes === undefined || (outcome !== null && p.outcomes.includes(outcome))) &&
    (p.activeSince === undefined || endedAt === null || endedAt >= p.activeSince) &&
    (!p.before || admission.runId < p.before) &&
    (p.agent === undefined || p.agent === admission.agent) &&
    (p.session === undefined || p.session === admission.session) &&
    (p.states === undefined || p.states.includes(state)) &&
    (p.workerId === undefined || p.workerId === workerId) &&
    (p.after === undefined || admission.runId > p.after)
  )
}

/** Entries from seq `from` on, at most `limit`. */
export function readJournal(store: Store, p: { runId: string; from?: number; limit?: number }): Entry[] {
  const { from = 1, limit = Number.POSITIVE_INFINITY } = p
  const entries = store.runs.byId.get(p.runId)?.entries ?? []
  return entries.slice(from - 1, from - 1 + limit)
}
