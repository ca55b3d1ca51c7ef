import type { EntryFacts } from '../../core/entries.js'
import type { Admission, Admitted } from '../../core/ledger.js'
import { runScopes } from '../../core/scope.js'
import type { EpochMs } from '../../core/time.js'
import { meetActive, placeInSession, refusedBySession } from './busy.js'
import { append } from './journal.js'
import type { Run } from './runs.js'
import type { Store } from './store.js'

/** Writes a run and its first entry; the same key again is answered with what it was used for. */
export function admit(store: Store, p: Admission): Admitted {
  const known = p.key === null ? store.runs.byId.get(p.runId) : store.runs.withKey(p.tenant, p.agent, p.key)
  if (known) {
    const same = known.admission.inputDigest === p.inputDigest && (p.sequence ?? known.sessionNo) === known.sessionNo
    return { code: same ? 'existing' : 'conflict', runId: known.admission.runId }
  }
  const now = store.now()
  const refused = refusedBySession(store, p, now)
  if (refused) return refused
  const place = placeInSession(store, p)
  const run = newRun({ ...p, origin: p.origin ?? place.origin }, now, place.no)
  append(run, now, store.switches.epoch, { kind: 'admit', facts: sequenceOf(p), body: p.body, salt: p.salt })
  meetActive(store, run, now)
  store.runs.add(run)
  if (run.dueAt === now) store.wakes.tell('due', p.queue)
  return { code: 'ok', runId: p.runId }
}

/** Absent without one: most messages are numbered by the ledger. */
function sequenceOf({ session, sequence }: Admission): EntryFacts {
  return session !== null && sequence !== undefined ? { sequence } : {}
}

/** Everything that admission fixes. */
function newRun(p: Admission, now: EpochMs, sessionNo: number | null): Run {
  const deadlineAt = now + p.deadlineMs
  return {
    admission: p,
    origin: p.origin ?? p.runId,
    pin: { agent: p.agent, version: p.version, fingerprint: p.fingerprint },
    scopes: runScopes(p),
    sessionNo,
    createdAt: now,
    deadlineAt,
    dueAt: now,
    ...{ state: 'queued', waits: null, outcome: null, detail: null, workerId: null, fence: 0 },
    ...{ mailSeen: 0, claims: 0, endedAt: null, workedBy: null, gap: null, prunedAt: null, proof: null, heads: null },
    open: new Map(),
    meters: new Map(p.meters.map((name) => [name, { used: 0, reserved: 0 }])),
    ...{ entries: [], mail: [], evidence: [], receipts: new Set() },
  }
}
