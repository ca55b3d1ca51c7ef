import type { RunRow } from '../core/run-row.js'

/** A run as lists give it to programs. */
export function runView(run: RunRow) {
  const {
    runId,
    tenant,
    agent,
    version,
    queue,
    priority,
    session,
    sessionNo,
    key,
    principal,
    origin,
    state,
    waits,
    outcome,
    detail,
    owner,
  } = run
  const { dueAt, deadlineAt, createdAt, endedAt, headSeq, workerId, open, meters } = run
  const { parent, depth, continues, continuedAs } = run
  const kin = { parent, depth, continues, continuedAs }
  const who = { runId, agent, version, tenant, queue, priority, session, sessionNo, key, principal, origin, ...kin }
  const times = { createdAt, endedAt, deadlineAt }
  return { ...who, state, waits, dueAt, outcome, detail, owner, ...times, headSeq, workerId, open, meters }
}
