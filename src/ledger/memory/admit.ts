import type { Admission, Admitted } from '../../core/admission.js'
import type { EntryFacts } from '../../core/entries.js'
import { runScopes, scopesAbove } from '../../core/scope.js'
import type { EpochMs } from '../../core/time.js'
import { meetActive, placeInSession, refusedBySession } from './busy.js'
import { append } from './journal.js'
import { roomFor, takePlaces } from './queues.js'
import type { Kin, Run } from './runs.js'
import type { Store } from './store.js'

/** Writes a run and its first entry; the same key again is answered with what it was used for. */
export function admit(store: Store, p: Admission): Admitted {
  const parent = p.parent ? store.runs.byId.get(p.parent.runId) : null
  // The fence before the twin: a stale worker must not be told that all is well.
  if (p.parent && (parent?.state !== 'running' || parent.fence !== p.parent.fence)) {
    return { code: 'fenced', runId: p.runId }
  }
  const known = p.key === null ? store.runs.byId.get(p.runId) : store.runs.withKey(p.tenant, p.agent, p.key)
  if (known) {
    const same = known.admission.inputDigest === p.inputDigest && (p.sequence ?? known.sessionNo) === known.sessionNo
    return { code: same ? 'existing' : 'conflict', runId: known.admission.runId }
  }
  const now = store.now()
  const room = roomFor(store, p, now)
  if ('scope' in room) return { code: 'overloaded', runId: p.runId, overload: room }
  const refused = refusedBySession(store, p, now)
  if (refused) return refused
  const { runId = '', step = '' } = p.parent ?? {}
  const group = p.parent && p.group ? store.groups.open(runId, step, p.group.atOnce) : null
  if (group && group.total !== null) return { code: 'sealed', runId: p.runId }
  const behind = group !== null && group.working >= group.atOnce
  const place = placeInSession(store, p)
  const priority = p.priority ?? parent?.admission.priority ?? 'normal'
  const run = newRun(
    { ...p, priority, origin: p.origin ?? place.origin },
    kinOf(p, parent ?? null, behind),
    now,
    place.no,
  )
  openJournal(store, run, now)
  meetActive(store, run, now)
  if (behind) run.dueAt = run.deadlineAt
  if (group) store.groups.join(group, run)
  store.runs.add(run)
  takePlaces(store, p, room.victims, now)
  if (run.dueAt === now) store.wakes.tell('due', p.queue)
  const shed = room.victims.map(({ admission }) => admission.runId)
  return { code: 'ok', runId: p.runId, ...(shed.length > 0 && { shed }) }
}

function kinOf(p: Admission, parent: Run | null, behind: boolean): Kin {
  const alone = { continues: null, continuedAs: null, first: p.runId, children: [] }
  if (!parent || !p.parent) return { ...alone, parent: null, ancestors: [], above: [], groupNo: null, behind }
  const ancestors = [...parent.kin.ancestors, parent]
  const above = scopesAbove({ ...parent.admission, above: parent.kin.above }, p)
  return {
    ...alone,
    parent: { run: parent, step: p.parent.step },
    ancestors,
    above,
    groupNo: p.group?.no ?? null,
    behind,
  }
}

/** Writes the first entry, which says where the run stands among others. */
export function openJournal(store: Store, run: Run, now: EpochMs): void {
  const { body, salt } = run.admission
  append(store, run, now, { kind: 'admit', facts: factsOf(run), body, salt })
  run.kin.parent?.run.kin.children.push(run)
}

/** Absent where there is nothing to say: most runs are no children, and most messages are numbered by the ledger. */
function factsOf({ admission: { session, sequence }, kin: { parent, groupNo, continues } }: Run): EntryFacts {
  return {
    ...(parent && { parent: { runId: parent.run.admission.runId, step: parent.step } }),
    ...(groupNo !== null && { no: groupNo }),
    ...(continues !== null && { continues }),
    ...(session !== null && sequence !== undefined && { sequence }),
  }
}

/** Everything that admission fixes. */
export function newRun(p: Admission, kin: Kin, now: EpochMs, sessionNo: number | null): Run {
  const deadlineAt = now + p.deadlineMs
  return {
    admission: p,
    origin: p.origin ?? p.runId,
    kin,
    pin: { agent: p.agent, version: p.version, fingerprint: p.fingerprint },
    scopes: runScopes({ ...p, above: kin.above }),
    sessionNo,
    createdAt: now,
    deadlineAt,
    dueAt: now,
    ...{ state: 'queued', waits: null, outcome: null, detail: null, owner: null, workerId: null, fence: 0 },
    ...{ mailSeen: 0, claims: 0, endedAt: null, workedBy: null, gap: null, prunedAt: null, proof: null, heads: null },
    open: new Map(),
    meters: new Map(p.meters.map((name) => [name, { used: 0, reserved: 0 }])),
    ...{ entries: [], mail: [], evidence: [], receipts: new Set() },
  }
}
