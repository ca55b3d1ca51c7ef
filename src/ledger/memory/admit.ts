import type { Admission, Admitted } from '../../core/ledger.js'
import { runScopes } from '../../core/scope.js'
import type { EpochMs } from '../../core/time.js'
import { append } from './journal.js'
import type { Run } from './runs.js'
import type { Store } from './store.js'

/** Writes a run and its first entry; the same key again is answered with what it was used for. */
export function admit(store: Store, p: Admission): Admitted {
  const known = p.key === null ? store.runs.byId.get(p.runId) : store.runs.withKey(p.tenant, p.agent, p.key)
  if (known) {
    const same = known.admission.inputDigest === p.inputDigest
    return { code: same ? 'existing' : 'conflict', runId: known.admission.runId }
  }
  const now = store.now()
  const waits = p.session !== null && !store.sessions.isFree(p.tenant, p.session)
  const run = newRun(store, p, now, waits)
  append(run, now, store.switches.epoch, { kind: 'admit', facts: {}, body: p.body, salt: p.salt })
  if (p.session !== null) store.sessions.join(run, p.session)
  store.runs.add(run)
  if (!waits) store.wakes.tell('due', p.queue)
  return { code: 'ok', runId: p.runId }
}

/** Everything that admission fixes; a run behind its session's active one waits, at most until its deadline. */
function newRun(store: Store, p: Admission, now: EpochMs, waits: boolean): Run {
  const deadlineAt = now + p.deadlineMs
  return {
    admission: p,
    origin: p.origin ?? p.runId,
    serves: `${p.agent}@${p.version}#${p.fingerprint}`,
    scopes: runScopes(p),
    sessionNo: p.session === null ? null : store.sessions.nextNo(p.tenant, p.session),
    createdAt: now,
    deadlineAt,
    dueAt: waits ? deadlineAt : now,
    ...{ state: 'queued', waits: null, outcome: null, detail: null, workerId: null, fence: 0 },
    ...{ mailSeen: 0, claims: 0, endedAt: null },
    open: new Map(),
    meters: new Map(p.meters.map((name) => [name, { used: 0, reserved: 0 }])),
    ...{ entries: [], mail: [], evidence: [], receipts: new Set() },
  }
}
