import type { SwitchMode } from '../../core/ops.js'
import { releaseTrips } from './drift.js'
import type { Run } from './runs.js'
import type { Store } from './store.js'

/** Engages a switch. Nobody waits for anybody here, so no backend has to be ended. */
export function engage(store: Store, p: { scope: string; mode: SwitchMode; by: string; reason?: string }) {
  const at = store.now()
  store.switches.engage(p, at)
  const { epoch } = store.switches
  store.tell('kill', null, { scope: p.scope, mode: p.mode, by: p.by, reason: p.reason, epoch }, at)
  store.wakes.tell('switch', p.scope)
  return { epoch, at, terminated: 0 }
}

/** Releases a switch; the waiting runs it covered become due, spread over `jitterMs`. */
export function release(store: Store, p: { scope: string; by: string; jitterMs: number }) {
  const at = store.now()
  const released = store.switches.release(p.scope, p.by, at)
  const { epoch } = store.switches
  if (!released) return { epoch, at, released }
  releaseTrips(store, { scope: p.scope, by: p.by })
  let spread = 0
  for (const run of store.runs.pending) {
    if (run.state !== 'waiting' || !covers(p.scope, run)) continue
    spread = (spread + GOLDEN) % 1
    const dueAt = Math.min(at + Math.floor(spread * p.jitterMs), run.dueAt ?? Number.POSITIVE_INFINITY)
    store.runs.setDue(run, dueAt)
    if (dueAt <= at) store.tellDue(run)
  }
  store.tell('release', null, { scope: p.scope, by: p.by, epoch }, at)
  store.wakes.tell('switch', p.scope)
  return { epoch, at, released }
}

/** Steps of this part of the jitter spread runs evenly, and alike in every replay. */
const GOLDEN = 0.618_033_988_749_895

/** Runs that parked for the switch name it; others are covered by their scopes. */
function covers(scope: string, run: Run): boolean {
  return run.scopes.includes(scope) || run.waits === `switch:${scope}`
}

/** A queued run behind its session's active one, or in its group, is left to its turn. */
function isIdle({ sessions }: Store, run: Run): boolean {
  return run.state === 'waiting' || (run.state === 'queued' && sessions.mayRun(run) && !run.kin.behind)
}

/** Makes waiting and queued runs due that an engaged `end` switch covers, so that they are claimed and ended. */
export function sweep(store: Store, limit: number): number {
  const now = store.now()
  let swept = 0
  for (const run of store.runs.pending) {
    if (swept >= limit) break
    if (!isIdle(store, run) || (run.dueAt !== null && run.dueAt <= now)) continue
    if (store.switches.covering(run.scopes)?.mode !== 'end') continue
    store.makeDue(run, now)
    swept += 1
  }
  return swept
}
