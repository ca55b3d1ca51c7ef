import { sha256 } from '../../core/digest.js'
import type { EntryFacts } from '../../core/entries.js'
import type { Answer, EndOp } from '../../core/ops.js'
import type { SessionState } from '../../core/sessions.js'
import { append } from './journal.js'
import type { Writing } from './writing.js'

/** What stands in an entry of a state that was written with it. */
export function stateFact(state: SessionState | undefined): Pick<EntryFacts, 'state'> {
  return state ? { state: { version: state.version, digest: sha256(state.text) } } : {}
}

/** Judges which messages the run may take in; nothing is changed before `finish`. A kill of one of them bites. */
export function takeIn(writing: Writing, ids: readonly string[]): Answer | { finish(): void } {
  const { store, run, at } = writing
  if (ids.length === 0) return { finish: () => undefined }
  const taken = store.sessions.absorbable(run, ids)
  if (!taken) return { code: 'not_open', at }
  for (const one of taken) {
    const switched = store.switches.covering(one.scopes)
    if (switched) return { code: 'switched', at, scope: switched.scope, mode: switched.mode }
  }
  return { finish: () => absorb(writing, taken) }
}

/** They wait, without a due time, for the run that works them; each journal says so. */
function absorb({ store, run, at }: Writing, taken: readonly Writing['run'][]): void {
  const workedBy = run.admission.runId
  for (const one of taken) {
    one.state = 'waiting'
    one.waits = `worked_by:${workedBy}`
    one.workedBy = workedBy
    store.runs.letGo(one, null)
    const facts = { mailSeen: one.mailSeen, dueAt: null, workedBy }
    append(store, one, at, { kind: 'park', facts, body: '{}', salt: '' })
  }
  store.sessions.absorb(run, taken)
}

/** The end of a run is the end of every message that it took in, in one transaction; one that goes on hands them on. */
export function endTakenIn({ store, run, at }: Writing, op: EndOp): void {
  const { next } = op
  if (next) {
    for (const one of store.sessions.takenIn(run)) {
      Object.assign(one, { workedBy: next.runId, waits: `worked_by:${next.runId}` })
    }
    return
  }
  for (const one of store.sessions.released(run)) {
    const facts = { outcome: op.outcome, mailSeen: one.mailSeen, dueAt: null, workedBy: run.admission.runId }
    append(store, one, at, { kind: 'end', facts, body: op.body, salt: op.salt })
    Object.assign(one, {
      state: 'ended',
      waits: null,
      outcome: op.outcome,
      detail: op.detail,
      owner: op.owner ?? null,
      endedAt: at,
    })
    store.drift.waiting.add(one)
    store.wakes.tell('ended', one.admission.runId)
  }
}
