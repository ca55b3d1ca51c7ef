import type { Answer, NewEscalation, ParkOp } from '../../core/ops.js'
import type { EpochMs } from '../../core/time.js'
import { noticeOf } from './escalations.js'
import { hasUndoubtedBegin } from './runs.js'
import type { Writing } from './writing.js'
import { enter } from './writing.js'

/** Gives the run back until something is due; mail that came unseen makes it due at once. */
export function park(writing: Writing, op: ParkOp): Answer {
  const { store, run, at } = writing
  if (hasUndoubtedBegin(run)) return { code: 'not_open', at }
  const asked = ask(writing, op.escalations ?? [])
  const own = op.dueAt ?? (op.dueInMs === undefined ? null : at + op.dueInMs)
  const unseen = run.mail.length > op.mailSeen
  const dueAt = unseen ? at : Math.min(run.deadlineAt, ...asked, ...(own === null ? [] : [own]))
  run.state = 'waiting'
  run.waits = op.waits
  run.claims = 0
  run.mailSeen = op.mailSeen
  store.runs.letGo(run, dueAt)
  enter(writing, op, { mailSeen: op.mailSeen, dueAt })
  if (dueAt <= at) store.tellDue(run)
  return { code: 'ok', at }
}

/** Opens questions, or moves them to their next rung, and leaves a notice of each. Answers when they are due. */
export function ask({ store, run, at }: Writing, questions: readonly NewEscalation[]): EpochMs[] {
  return questions.map((asked) => {
    const row = store.escalations.open(run, asked, at)
    if (row.state === 'open') {
      store.tell(row.kind === 'doubt' ? 'doubt' : 'escalation', run, noticeOf(row, row.first?.by), at)
    }
    return row.dueAt
  })
}
