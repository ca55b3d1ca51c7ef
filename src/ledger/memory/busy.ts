import type { Admission, Admitted } from '../../core/admission.js'
import { canonical } from '../../core/json.js'
import { LIMITS } from '../../core/limits.js'
import { scopeOf } from '../../core/scope.js'
import type { EpochMs } from '../../core/time.js'
import type { Run } from './runs.js'
import type { Session } from './sessions.js'
import type { Store } from './store.js'

/** A session that takes no such message; null when it takes it. What was accepted before is answered before this. */
export function refusedBySession(store: Store, p: Admission, now: EpochMs): Admitted | null {
  const row = p.session === null ? undefined : store.sessions.known(p.tenant, p.session)
  if (!row) return null
  const { runId, key } = p
  if (row.closed) {
    store.leave('closed', p.tenant, { by: row.closed.by, key: key ?? undefined, session: row.session }, now)
    return { code: 'closed', runId }
  }
  if (row.sequenced !== (p.sequence !== undefined)) return { code: row.sequenced ? 'sequenced' : 'unsequenced', runId }
  const taken = p.sequence === undefined ? undefined : row.byNo.get(p.sequence)
  if (taken) return { code: 'sequence_taken', runId: taken.admission.runId }
  if (p.sequence !== undefined && p.sequence <= row.turnNo) return { code: 'sequence_passed', runId }
  const refuses = row.active && p.whileBusy === 'refuse' && !asksBack(row.active, p)
  return refuses ? { code: 'busy', runId: row.active?.admission.runId ?? '' } : null
}

/** The message's number, and the lineage that it goes on with when it replaces the active run. */
export function placeInSession(store: Store, p: Admission): { no: number | null; origin: string | null } {
  if (p.session === null) return { no: null, origin: null }
  const row = store.sessions.of(p.tenant, p.session)
  const replaced = p.whileBusy === 'replace' ? sameAgent(row.active, p) : null
  return { no: p.sequence ?? row.lastNo + 1, origin: replaced?.origin ?? null }
}

/** Gives the new run its place; one that is not active waits, at most until its deadline, and may meet the one that is. */
export function meetActive(store: Store, run: Run, now: EpochMs): void {
  const row = store.sessions.ofRun(run)
  if (!row) return
  const { admission: p } = run
  const no = run.sessionNo ?? 0
  const earlier = row.queued.filter(
    (one) => one.state !== 'ended' && one.admission.agent === p.agent && (one.sessionNo ?? 0) < no,
  )
  store.sessions.open(row, p, now)
  store.sessions.join(row, run, p.gapMs ?? LIMITS.gap_ms, now)
  if (row.active !== run) run.dueAt = run.deadlineAt
  const other = sameAgent(row.active === run ? null : row.active, p)
  if (!other) return
  if (p.whileBusy === 'replace') replace(store, run, other, earlier, now)
  else if (p.whileBusy === 'steer' || asksBack(other, p)) tell(store, other, [...earlier, run], now)
}

/** Whoever came before and waits still is told of first: it has to be taken in before this one. */
function tell(store: Store, active: Run, messages: readonly Run[], now: EpochMs): void {
  const known = new Set(active.mail.filter(({ kind }) => kind === 'message').map(({ body }) => body))
  for (const { state, admission } of messages) {
    const body = { run: admission.runId }
    if (state === 'queued' && !known.has(canonical(body))) store.post(active, 'message', body, now)
  }
}

/** Agents that share a session do not work each other's messages. */
function sameAgent(active: Session['active'], p: Admission): Run | null {
  return active?.admission.agent === p.agent ? active : null
}

/** A run that waits for its requester is answered by the next message, whatever else a message would do. */
function asksBack(active: Run, p: Admission): boolean {
  return sameAgent(active, p) !== null && (active.waits ?? '').startsWith('requester') && p.whileBusy !== 'replace'
}

/** The active run and those queued before are ended; the active one now, the others when their turn comes. */
function replace(store: Store, run: Run, active: Run, earlier: readonly Run[], now: EpochMs): void {
  const by = `message:${run.admission.key ?? run.admission.runId}`
  for (const one of [active, ...earlier]) {
    const scope = scopeOf.run(one.admission.runId)
    store.switches.engage({ scope, mode: 'end', by, reason: 'replaced by a later message' }, now)
    store.wakes.tell('switch', scope)
  }
  if (active.state === 'waiting') store.makeDue(active, now)
}
