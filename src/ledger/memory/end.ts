import type { Answer, AuditOp, EndOp } from '../../core/ops.js'
import { endTakenIn, stateFact } from './absorb.js'
import { goOn, isTaken } from './continuing.js'
import { ask } from './park.js'
import { hasUndoubtedBegin } from './runs.js'
import { keepScores } from './scores.js'
import type { Writing } from './writing.js'
import { enter } from './writing.js'

/** The run's one outcome. What is still in doubt keeps its reservation, key and locks, and is looked at again. */
export function end(writing: Writing, op: EndOp): Answer {
  const { store, run, at } = writing
  if (hasUndoubtedBegin(run) || (op.state && !store.sessions.mayWrite(run))) return { code: 'not_open', at }
  if (op.next && isTaken(store, run, op.next)) return { code: 'key_conflict', at }
  const again = run.mail.length > op.mailSeen ? at : (op.dueAt ?? at)
  const dueAt = run.open.size > 0 ? again : null
  const facts = { outcome: op.outcome, mailSeen: op.mailSeen, dueAt, ...stateFact(op.state) }
  enter(writing, op, { ...facts, ...(op.next && { next: op.next.runId }) })
  if (op.state) store.sessions.write(run, op.state)
  run.state = 'ended'
  run.waits = null
  run.outcome = op.outcome
  run.detail = op.detail
  run.owner = op.owner ?? null
  run.endedAt = at
  store.drift.waiting.add(run)
  run.mailSeen = op.mailSeen
  keepScores(store, run, op.scores ?? [], at)
  store.runs.letGo(run, dueAt)
  store.escalations.voidOf(run)
  endTakenIn(writing, op)
  if (op.next) goOn(store, run, op.next, at)
  else makeWay(writing)
  if (dueAt !== null && dueAt <= at) store.tellDue(run)
  if (op.outcome === 'failed') store.tell('dead_letter', run, { detail: op.detail }, at)
  store.wakes.tell('ended', op.runId)
  return { code: 'ok', at }
}

/** The next ones of its session and its group are due, and its parent hears of it. */
function makeWay({ store, run, at }: Writing): void {
  const next = store.sessions.leave(run, at)
  if (next?.state === 'queued' && !next.kin.behind) store.makeDue(next, at)
  const { parent, first } = run.kin
  if (!parent) return
  const { runId, state } = { runId: parent.run.admission.runId, state: parent.run.state }
  const group = run.kin.groupNo === null ? null : store.groups.leave(run, runId, parent.step)
  for (const one of group?.due ?? []) if (store.sessions.mayRun(one)) store.makeDue(one, at)
  if (state === 'ended') return
  if (!group) store.post(parent.run, 'child', { child: first, step: parent.step }, at)
  else if (group.complete) store.post(parent.run, 'child', { group: parent.step }, at)
}

/** Gives an ended run back after reconciliation; it is looked at again while something is open. */
export function audit(writing: Writing, op: AuditOp): Answer {
  const { store, run, at } = writing
  if (run.state !== 'ended') return { code: 'not_open', at }
  const asked = ask(writing, op.escalations ?? [])
  const seen = op.mailSeen ?? run.mail.length
  const dues = run.mail.length > seen ? [at] : op.dueAt === null ? asked : [op.dueAt, ...asked]
  // Nothing named, as at an end: now. What is open is never left to nobody.
  const soonest = dues.length > 0 ? Math.min(...dues) : at
  const dueAt = run.open.size > 0 ? soonest : null
  enter(writing, op, { ...(op.mailSeen !== undefined && { mailSeen: op.mailSeen }), dueAt })
  run.mailSeen = op.mailSeen ?? run.mailSeen
  store.runs.letGo(run, dueAt)
  if (dueAt !== null && dueAt <= at) store.tellDue(run)
  return { code: 'ok', at }
}
