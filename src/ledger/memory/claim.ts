import type { Claimed } from '../../core/run-row.js'
import { isServed } from '../../core/serving.js'
import type { EpochMs } from '../../core/time.js'
import { append } from './journal.js'
import type { Run } from './runs.js'
import { isHeld, rowOf } from './runs.js'
import type { Store } from './store.js'

/** A restored ledger starts the next incarnation: its fences are above all that were ever given. */
const FENCES_PER_INCARNATION = 2 ** 40

/** A worker whose lease lasts. */
type Claimer = NonNullable<ReturnType<Store['workers']['live']>>

/** Takes due runs for a worker, one of each tenant by turns, oldest due first within one. */
export function claim(store: Store, p: { workerId: number; limit: number; runId?: string }): Claimed[] {
  const now = store.now()
  const worker = store.workers.live(p.workerId, now)
  if (!worker) return []
  const found = p.runId === undefined ? candidates(store, worker, now) : only(store, worker, p.runId, now)
  const chosen = p.runId === undefined ? inTurns(found, worker, p.limit) : found.slice(0, p.limit)
  return chosen.map((run) => take(store, run, worker, now))
}

/** Whoever names a run gets it by the same rules as everyone, whatever its queue: queues say what is taken unasked. */
function only(store: Store, worker: Claimer, runId: string, now: EpochMs): Run[] {
  const run = store.runs.byId.get(runId)
  return run && isClaimable(store, run, worker, now) ? [run] : []
}

/** Due and free, or held by a worker that is gone; and only what this worker serves. */
function isClaimable(store: Store, run: Run, worker: Claimer, now: EpochMs): boolean {
  if (!isServed(run.pin, worker.serves)) return false
  if (isHeld(run)) return store.workers.live(run.workerId, now) === undefined
  return run.dueAt !== null && run.dueAt <= now
}

/** Runs without a due time or a holder are never looked at. */
function candidates(store: Store, worker: Claimer, now: EpochMs): Run[] {
  const found: Run[] = []
  const look = (run: Run) => {
    if (worker.queues.has(run.admission.queue) && isClaimable(store, run, worker, now)) found.push(run)
  }
  for (const run of store.runs.pending) look(run)
  for (const run of store.runs.held) look(run)
  return found
}

/** Runs of dead workers first, then by turns over the tenants, from the one behind the tenant that was served last. */
function inTurns(found: readonly Run[], worker: Claimer, limit: number): Run[] {
  const chosen = found.filter(isHeld).slice(0, limit)
  const lines = linesOf(found.filter((run) => !isHeld(run)))
  const tenants = [...lines.keys()].sort()
  const from = tenants.findIndex((tenant) => tenant > worker.turn)
  const turns = [...tenants.slice(Math.max(0, from)), ...tenants.slice(0, Math.max(0, from))].slice(0, limit)
  worker.turn = turns.at(-1) ?? worker.turn
  for (let place = 0; chosen.length < limit; place += 1) {
    const next = turns.flatMap((tenant) => lines.get(tenant)?.[place] ?? [])
    if (next.length === 0) break
    chosen.push(...next.slice(0, limit - chosen.length))
  }
  return chosen
}

/** One line for each tenant, oldest due first. */
function linesOf(runs: Run[]): Map<string, Run[]> {
  const lines = new Map<string, Run[]>()
  for (const run of runs.sort(byDueTime)) {
    const line = lines.get(run.admission.tenant)
    if (line) line.push(run)
    else lines.set(run.admission.tenant, [run])
  }
  return lines
}

function byDueTime(a: Run, b: Run): number {
  return (a.dueAt ?? 0) - (b.dueAt ?? 0) || (a.admission.runId < b.admission.runId ? -1 : 1)
}

/** The higher fence shuts out whoever held the run before. */
function take(store: Store, run: Run, worker: Claimer, now: EpochMs): Claimed {
  run.fence = Math.max(run.fence, store.incarnation * FENCES_PER_INCARNATION) + 1
  if (run.state !== 'ended') run.state = 'running'
  run.waits = null
  store.runs.hold(run, worker.workerId)
  run.claims += 1
  const facts = { worker: worker.name, claims: run.claims }
  append(store, run, now, { kind: 'claim', facts, body: '{}', salt: '' })
  return { run: rowOf(run), switched: store.covering(run), at: now }
}
