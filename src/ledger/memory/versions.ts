import type { Claimed, PinCount, Repinned } from '../../core/run-row.js'
import { isServed, keyOfPin, type Pin } from '../../core/serving.js'
import { claim } from './claim.js'
import type { Run } from './runs.js'
import type { Store } from './store.js'

/** A run that was parked because the code had changed under it. */
const isMisfit = (run: Run): boolean => run.state === 'waiting' && (run.waits ?? '').startsWith('mismatch:')

type Names = { readonly serves: ReadonlySet<string>; readonly queues: ReadonlySet<string> }

const serves = (worker: Names, run: Run): boolean =>
  isServed(run.pin, worker.serves) && worker.queues.has(run.admission.queue)

/** Ids of misfits that a worker serves, in order, after one. */
export function misfitsOf(store: Store, p: { workerId: number; after: string; limit: number }): string[] {
  const worker = store.workers.live(p.workerId, store.now())
  if (!worker) return []
  const found = [...store.runs.pending].filter((run) => isMisfit(run) && serves(worker, run))
  const ids = found.map((run) => run.admission.runId).filter((id) => id > p.after)
  return ids.sort().slice(0, p.limit)
}

export function hasMisfits(store: Store, worker: Names): boolean {
  for (const run of store.runs.pending) if (isMisfit(run) && serves(worker, run)) return true
  return false
}

/** Takes a misfit, due or not: nothing comes between. */
export function claimMisfit(store: Store, { workerId, runId }: { workerId: number; runId: string }): Claimed[] {
  const run = store.runs.byId.get(runId)
  const worker = store.workers.live(workerId, store.now())
  if (!run || !worker || !isMisfit(run) || !serves(worker, run)) return []
  store.runs.setDue(run, store.now())
  return claim(store, { workerId, limit: 1, runId })
}

/** Pins a run that nobody holds to another version; its next holder is told by mail, and writes it down. */
export function repin(store: Store, p: { runId: string; version: number; fingerprint: string; by: string }): Repinned {
  const run = store.runs.byId.get(p.runId)
  if (!run) return { code: 'unknown' }
  if (run.state === 'ended') return { code: 'ended' }
  if (run.state === 'running' || (run.waits ?? '').startsWith('worked_by:')) return { code: 'held' }
  const { version, fingerprint, by } = p
  const to: Pin = { agent: run.pin.agent, version, fingerprint }
  const from = keyOfPin(run.pin)
  if (from === keyOfPin(to)) return { code: 'same' }
  run.pin = to
  store.post(run, 'moved', { by, from, to: keyOfPin(to) }, store.now())
  if (run.state === 'queued') store.tellDue(run)
  return { code: 'ok' }
}

/** How many runs that have not ended each pin has. */
export function countPins(store: Store): PinCount[] {
  const found = new Map<string, { -readonly [K in keyof PinCount]: PinCount[K] }>()
  for (const run of store.runs.byId.values()) {
    if (run.state === 'ended') continue
    const key = `${keyOfPin(run.pin)} ${isMisfit(run)}`
    const known = found.get(key) ?? { ...run.pin, misfit: isMisfit(run), runs: 0, first: run.admission.runId }
    known.runs += 1
    if (run.admission.runId < known.first) known.first = run.admission.runId
    found.set(key, known)
  }
  return [...found.values()].sort((a, b) => order(keyOfPin(a), keyOfPin(b)) || Number(a.misfit) - Number(b.misfit))
}

const order = (a: string, b: string): number => (a < b ? -1 : Number(a > b))
