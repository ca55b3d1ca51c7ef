import type { Answer, DoubtOp, SettleOp } from '../../core/ops.js'
import type { Effect } from './effects.js'
import { settleCharge } from './meters.js'
import type { OpenBegin } from './runs.js'
import type { Writing } from './writing.js'
import { enter } from './writing.js'

/** The answer of an open begin was lost. It keeps everything it holds. */
export function doubt(writing: Writing, op: DoubtOp): Answer {
  const { store, run, at } = writing
  const begin = run.open.get(op.ref)
  if (!begin || begin.inDoubt) return { code: 'not_open', at }
  begin.inDoubt = true
  const row = store.effects.at(run.admission.tenant, begin.effect, op.runId, op.ref)
  if (row) row.state = 'doubt'
  enter(writing, op, {})
  return { code: 'ok', at }
}

/** What became of an open begin: its effect row, locks and charges are settled where it took them. */
export function settle(writing: Writing, op: SettleOp): Answer {
  const { store, run, at } = writing
  const begin = run.open.get(op.ref)
  if (!begin) return { code: 'not_open', at }
  const row = store.effects.at(run.admission.tenant, begin.effect, op.runId, op.ref)
  const refused = row && refusal(row, op)
  if (row && refused) return { ...refused, at, ...standing(row) }
  if (row) resolve(row, op)
  store.locks.free(run.admission.tenant, begin.locks, op.runId, op.ref)
  const { used, overrun } = settleCharges(begin, op)
  run.open.delete(op.ref)
  run.claims = 0
  enter(writing, op, { did: op.did, used, overrun })
  return { code: 'ok', at }
}

/** An effect cannot fail, only happen or not; and a doubt is resolved by who saw all there is to see. */
function refusal(row: Effect, op: SettleOp): { code: 'not_open' | 'moved' } | null {
  if (op.did === 'failed') return { code: 'not_open' }
  const { attempt, evidence } = op.saw ?? {}
  const seen = row.state !== 'doubt' || (attempt === row.attempt && evidence === row.evidence)
  return seen ? null : { code: 'moved' }
}

/** What the caller would have to have seen. */
function standing({ attempt, evidence, actsUntil, runId, seq }: Effect) {
  return { attempt, evidence, actsUntil, holder: { runId, seq } }
}

/** A confirmed row points at the settle that holds its result; a free one keeps no claim. */
function resolve(row: Effect, op: SettleOp): void {
  row.state = op.did === 'performed' ? 'performed' : 'free'
  if (op.did === 'performed') row.seq = op.seq
}

/** Each charge goes back to the row and window that granted it. */
function settleCharges(begin: OpenBegin, op: SettleOp): { used: number[]; overrun: boolean } {
  const used = begin.charges.map(({ stamped, gauge }, i) => settleCharge(stamped, gauge, op.used[i]))
  return { used, overrun: begin.charges.some(({ stamped }, i) => (used[i] ?? 0) > stamped.amount) }
}
