import { bodyDigest } from '../../core/chain.js'
import type { Answer, Op } from '../../core/ops.js'
import type { EpochMs } from '../../core/time.js'
import { begin } from './begin.js'
import { audit, end } from './end.js'
import { keepLate } from './late.js'
import { note } from './note.js'
import { park } from './park.js'
import type { Run } from './runs.js'
import { isHeld } from './runs.js'
import { doubt, settle } from './settle.js'
import type { Store } from './store.js'
import type { Writing } from './writing.js'

/** Works ops in array order; each either happens as a whole or changes nothing. */
export function apply(store: Store, ops: readonly Op[]): Answer[] {
  return ops.map((op) => applyOne(store, op))
}

/** The order of these checks is the protocol: fence, twin, state, kind. */
function applyOne(store: Store, op: Op): Answer {
  const at = store.now()
  const run = store.runs.byId.get(op.runId)
  if (!run) return { code: 'no_run', at }
  if (op.fence !== run.fence || !isHeld(run)) {
    keepLate(store, run, op, at)
    return { code: 'fenced', at }
  }
  const digest = bodyDigest(op.salt, op.body)
  if (op.seq !== run.entries.length + 1) return twin(store, run, op, digest, at)
  if (run.state === 'ended' && op.kind !== 'settle' && op.kind !== 'audit') return { code: 'ended', at }
  return write({ store, run, at, digest }, op)
}

/** An op whose answer was lost comes again: it is recognised by its place, kind and digest. */
function twin(store: Store, run: Run, op: Op, digest: string, at: EpochMs): Answer {
  const entry = run.entries[op.seq - 1]
  if (entry?.kind !== op.kind || entry.digest !== digest) return { code: 'head_moved', at }
  if (op.kind !== 'begin') return { code: 'already', at }
  // Closed by now, or not ours to act on any more: a twin must be no licence to act.
  if (!run.open.has(op.seq)) return { code: 'fenced', at }
  if (!store.workers.live(run.workerId, at)) return { code: 'lease_lost', at }
  const { actsUntil, effect, probe } = entry.facts
  const mark = { ...(effect && { attempt: effect.attempt }), ...(probe && { probe: probe.revision }) }
  return { code: 'already', at, ...(actsUntil && { actsUntil }), ...mark }
}

/** Each kind has a file of its own; whichever it is, it refuses before it changes anything. */
function write(writing: Writing, op: Op): Answer {
  switch (op.kind) {
    case 'begin':
      return begin(writing, op)
    case 'doubt':
      return doubt(writing, op)
    case 'settle':
      return settle(writing, op)
    case 'note':
      return note(writing, op)
    case 'park':
      return park(writing, op)
    case 'end':
      return end(writing, op)
    case 'audit':
      return audit(writing, op)
  }
}
