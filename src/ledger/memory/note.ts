import type { Answer, NoteOp } from '../../core/ops.js'
import { stateFact, takeIn } from './absorb.js'
import { ask } from './park.js'
import { runMeter } from './runs.js'
import type { Writing } from './writing.js'
import { enter } from './writing.js'

/** Remembers something; counts without a limit; opens questions; lets one expire, unless it was answered just before. */
export function note(writing: Writing, op: NoteOp): Answer {
  const { store, run, at } = writing
  if (op.state && !store.sessions.mayWrite(run)) return { code: 'not_open', at }
  const taking = takeIn(writing, op.absorbs ?? [])
  if ('code' in taking) return taking
  if (op.expires !== undefined && !store.escalations.expire(run, op.expires)) return { code: 'not_open', at }
  const counted = Object.entries(op.count ?? {})
  for (const [name, amount] of counted) runMeter(run, name).used += amount
  ask(writing, op.escalations ?? [])
  enter(writing, op, {
    ...(counted.length > 0 && { count: Object.fromEntries(counted) }),
    ...(op.absorbs?.length && { absorbs: op.absorbs }),
    ...stateFact(op.state),
  })
  taking.finish()
  if (op.state) store.sessions.write(run, op.state)
  return { code: 'ok', at }
}
