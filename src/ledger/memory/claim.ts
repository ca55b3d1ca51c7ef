import type { Claimed } from '../../core/ledger.js'
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
  const chosen = p.runId === undefined ? inTurns(candidates(store, worker, now), p.limit) : only(store, worker, p, now)
  return chosen.map((run) => take(store, run, worker, now))
}

/** Whoever names a run gets it by the same rules as everyone. */
function only(store: Store, worker: Claimer, p: { limit: number; runId?: string }, now: EpochMs): Run[] {
  const run = store.runs.byId.get(p.runId ?? '')
  return run && p.limit > 0 && isClaimable(store, run, worker, now) ? [run] : []
}

/** Due and free, or held by a worker that is gone; and only what this worker serves, in its queues. */
function isClaimable(store: Store, run: Run, worker: Claimer, now: EpochMs): boolean {
  if (!worker.serves.has(run.serves) || !worker.queues.has(run.admission.queue)) return false
  if (isHeld(run)) return store.workers.live(run.workerId, now) === undefined
  return run.dueAt !== null && run.dueAt <= now
}

/** Runs without a due time or a holder are never looked at. */
function candidates(store: Store, worker: Claimer, now: EpochMs): Run[] {
  const found: Run[] = []
  for (const run of store.runs.pending) if (isClaimable(store, run, worker, now)) found.push(run)
  for (const run of store.runs.held) if (isClaimable(store, run, worker, now)) found.push(run)
  return found
}

/** A run of a dead worker counts as due since the beginning. */
function inTurns(found: Run[], limit: number): Run[] {
  const lines = new Map<string, Run[]>()
  for (const run of found.sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0))) {
    const line = lines.get(run.admission.tenant)
    if (line) line.push(run)
    else lines.set(run.admission.tenant, [run])
  }
  const chosen: Run[] = []
  for (let turn = 0; chosen.length < Math.min(limit, found.length); turn += 1) {
    for (const line of lines.values()) {
      const run = line[turn]
      if (run && chosen.length < limit) chosen.push(run)
    }
  }
  return chosen
}

/** The higher fence shuts out whoever held the run before. */
function take(store: Store, run: Run, worker: Claimer, now: EpochMs): Claimed {
  run.fence = Math.max(run.fence, store.incarnation * FENCES_PER_INCARNATION) + 1
  if (run.state !== 'ended') run.state = 'running'
  run.waits = null
  store.runs.hold(run, worker.workerId)
  run.claims += 1
  const facts = { worker: worker.name, claims: run.claims }
  append(run, now, store.switches.epoch, { kind: 'claim', facts, body: '{}', salt: '' })
  return { run: rowOf(run), switched: store.switches.covering(run.scopes), at: now }
}
