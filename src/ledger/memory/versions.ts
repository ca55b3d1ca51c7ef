import type { PinCount, Repinned } from '../../core/ledger.js'
import { LIMITS } from '../../core/limits.js'
import { isServed, keyOfPin, type Pin } from '../../core/serving.js'
import type { EpochMs } from '../../core/time.js'
import type { Run } from './runs.js'
import type { Store } from './store.js'

/** A run that was parked because the code had changed under it. */
const isMisfit = (run: Run): boolean => run.state === 'waiting' && (run.waits ?? '').startsWith('mismatch:')

/** New code came: what was parked because the code had changed, and what it serves, is soon due. */
export function lookAgain(
  store: Store,
  worker: { readonly serves: readonly string[]; readonly queues: readonly string[] },
  now: EpochMs,
): void {
  const served = new Set(worker.serves)
  const found = [...store.runs.byId.values()].filter(
    (run) => isMisfit(run) && isServed(run.pin, served) && worker.queues.includes(run.admission.queue),
  )
  for (const run of found.slice(0, LIMITS.second_look_runs)) {
    const parkedAt = run.entries.at(-1)?.at ?? now
    const dueAt = Math.max(now, parkedAt + LIMITS.second_look_ms)
    if (run.dueAt !== null && run.dueAt <= dueAt) continue
    store.runs.setDue(run, dueAt)
    if (dueAt <= now) store.tellDue(run)
  }
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
