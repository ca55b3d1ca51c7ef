import type { Answer, AuditOp, EndOp } from '../../core/ops.js'
import { endTakenIn, stateFact } from './absorb.js'
import { ask } from './park.js'
import { hasUndoubtedBegin } from './runs.js'
import type { Writing } from './writing.js'
import { enter } from './writing.js'

/** The run's one outcome. What is still in doubt keeps its reservation, key and locks, and is looked at again. */
export function end(writing: Writing, op: EndOp): Answer {
  const { store, run, at } = writing
  if (hasUndoubtedBegin(run) || (op.state && !store.sessions.mayWrite(run))) return { code: 'not_open', at }
  const again = run.mail.length > op.mailSeen ? at : (op.dueAt ?? at)
  const dueAt = run.open.size > 0 ? again : null
  enter(writing, op, { outcome: op.outcome, mailSeen: op.mailSeen, dueAt, ...stateFact(op.state) })
  if (op.state) store.sessions.write(run, op.state)
  run.state = 'ended'
  run.waits = null
  run.outcome = op.outcome
  run.detail = op.detail
  run.endedAt = at
  run.mailSeen = op.mailSeen
  store.runs.letGo(run, dueAt)
  store.escalations.voidOf(run)
  endTakenIn(writing, op)
  const next = store.sessions.leave(run, at)
  if (next?.state === 'queued') store.makeDue(next, at)
  if (dueAt !== null && dueAt <= at) store.tellDue(run)
  if (op.outcome === 'failed') store.tell('dead_letter', run, { detail: op.detail }, at)
  store.wakes.tell('ended', op.runId)
  return { code: 'ok', at }
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
