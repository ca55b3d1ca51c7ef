import { FENCES_PER_INCARNATION } from '../../core/fence.js'
import { PRIORITIES } from '../../core/queues.js'
import type { Claimed, DueRun } from '../../core/run-row.js'
import { isServed } from '../../core/serving.js'
import { byShares } from '../../core/shares.js'
import type { EpochMs } from '../../core/time.js'
import { append } from './journal.js'
import { urgencyOf } from './line-table.js'
import type { Run } from './runs.js'
import { isHeld, rowOf } from './runs.js'
import type { Store } from './store.js'

/** A worker whose lease lasts. */
type Claimer = NonNullable<ReturnType<Store['workers']['live']>>

interface Asked {
  readonly workerId: number
  readonly limit: number
  readonly runId?: string
  readonly perTenant?: number
}

/** Takes due runs for a worker: priorities by their shares, one of each tenant by turns, oldest due first within one. */
export function claim(store: Store, p: Asked): Claimed[] {
  const now = store.now()
  const worker = store.workers.live(p.workerId, now)
  if (!worker || store.lifeBook.stopped !== null) return []
  const found = p.runId === undefined ? candidates(store, worker, now) : only(store, worker, p.runId, now)
  const chosen = p.runId === undefined ? ordered(found, worker, p, heldBy(store, worker)) : found.slice(0, p.limit)
  return chosen.map((run) => take(store, run, worker, now))
}

/** Whoever names a run gets it by the same rules as everyone, whatever its queue: queues say what is taken unasked. */
function only(store: Store, worker: Claimer, runId: string, now: EpochMs): Run[] {
  const run = store.runs.byId.get(runId)
  return run && isClaimable(store, run, worker, now) ? [run] : []
}

/** What a claim would find, the longest due first. */
export function dueRuns(
  store: Store,
  p: { readonly serves: readonly string[]; readonly queues: readonly string[]; readonly limit: number },
): DueRun[] {
  const now = store.now()
  if (store.lifeBook.stopped !== null) return []
  const found = candidates(store, { serves: new Set(p.serves), queues: new Set(p.queues) }, now)
  const due = found.map((run) => ({
    runId: run.admission.runId,
    fence: run.fence,
    dueAt: isHeld(run) ? null : run.dueAt,
  }))
  const place = (one: DueRun) => one.dueAt ?? Number.NEGATIVE_INFINITY
  return due.sort((a, b) => place(a) - place(b) || (a.runId < b.runId ? -1 : 1)).slice(0, p.limit)
}

/** Due and free, or held by a worker that is gone; and only what this worker serves. */
function isClaimable(store: Store, run: Run, worker: Pick<Claimer, 'serves'>, now: EpochMs): boolean {
  if (!isServed(run.pin, worker.serves)) return false
  if (isHeld(run)) return store.workers.live(run.workerId, now) === undefined
  return run.dueAt !== null && run.dueAt <= now
}

/** Runs without a due time or a holder are never looked at. */
function candidates(store: Store, worker: Pick<Claimer, 'serves' | 'queues'>, now: EpochMs): Run[] {
  const found: Run[] = []
  const look = (run: Run) => {
    if (worker.queues.has(run.admission.queue) && isClaimable(store, run, worker, now)) found.push(run)
  }
  for (const run of store.runs.pending) look(run)
  for (const run of store.runs.held) look(run)
  return found
}

/** How many places of a worker each tenant has. */
function heldBy(store: Store, worker: Claimer): ReadonlyMap<string, number> {
  const held = new Map<string, number>()
  for (const { workerId, state, admission } of store.runs.held) {
    if (workerId === worker.workerId && state === 'running')
      held.set(admission.tenant, (held.get(admission.tenant) ?? 0) + 1)
  }
  return held
}

/** Runs of dead workers first, then the line of each priority by its share. */
function ordered(found: readonly Run[], worker: Claimer, p: Asked, held: ReadonlyMap<string, number>): Run[] {
  const { limit, perTenant = Number.POSITIVE_INFINITY } = p
  const dead = found.filter(isHeld).slice(0, limit)
  const due = found.filter((run) => !isHeld(run) && (held.get(run.admission.tenant) ?? 0) < perTenant)
  const lines = PRIORITIES.map((_, level) =>
    inTurns(
      due.filter((run) => urgencyOf(run) === level),
      worker,
      level,
      limit,
    ),
  )
  const { order, credits } = byShares(lines, worker.credits, limit)
  worker.credits = credits
  const places = new Map(held)
  const fits = order.filter(({ admission: { tenant } }) => {
    const place = (places.get(tenant) ?? 0) + 1
    places.set(tenant, place)
    return place <= perTenant
  })
  return [...dead, ...fits].slice(0, limit)
}

/** By turns over the tenants, from the one behind the tenant that was served last. */
function inTurns(found: Run[], worker: Claimer, level: number, limit: number): Run[] {
  if (found.length === 0) return []
  const lines = linesOf(found)
  const tenants = [...lines.keys()].sort()
  const from = tenants.findIndex((tenant) => tenant > (worker.turns[level] ?? ''))
  const turns = [...tenants.slice(Math.max(0, from)), ...tenants.slice(0, Math.max(0, from))]
  worker.turns[level] = turns.slice(0, limit).at(-1) ?? ''
  const order: Run[] = []
  for (let place = 0; order.length < found.length; place += 1) {
    order.push(...turns.flatMap((tenant) => lines.get(tenant)?.[place] ?? []))
  }
  return order
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
  // A restored ledger starts the next incarnation: its fences are above all that were ever given.
  run.fence = Math.max(run.fence, store.incarnation * FENCES_PER_INCARNATION) + 1
  if (run.state !== 'ended') run.state = 'running'
  run.waits = null
  store.runs.hold(run, worker.workerId)
  run.claims += 1
  const facts = { worker: worker.name, claims: run.claims }
  append(store, run, now, { kind: 'claim', facts, body: '{}', salt: '' })
  return { run: rowOf(run), switched: store.covering(run), at: now }
}
