import type { Answer, DoubtOp, SettleOp } from '../../core/ops.js'
import type { Effect } from './effects.js'
import { didNot, heardOf, takeBack } from './effects.js'
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
  else if (op.did === 'performed') tellOthers(writing, op, begin)
  const undid = undo(writing, op, begin)
  store.locks.free(run.admission.tenant, begin.locks, op.runId, op.ref)
  const { used, overrun } = settleCharges(begin, op)
  run.open.delete(op.ref)
  run.claims = 0
  enter(writing, op, { did: op.did, used, overrun, ...(undid && { undid }) })
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
  if (op.did === 'performed') Object.assign(row, { state: 'performed', seq: op.seq, acted: null })
  else didNot(row)
}

/** The doubt was adopted, yet its first owner knows now that it acted: whoever holds the key must see that. */
function tellOthers({ store, run }: Writing, op: SettleOp, { effect }: OpenBegin): void {
  const row = effect && store.effects.get(run.admission.tenant, effect.tool, effect.key)
  if (!row || !heardOf(row, { runId: op.runId, seq: op.seq, args: effect.args, attempt: effect.attempt })) return
  row.evidence += 1
}

/** What was confirmed before is taken back by a confirmed effect, in the same transaction. */
function undo({ store, run }: Writing, op: SettleOp, { effect }: OpenBegin) {
  const { undoes } = effect ?? {}
  if (!undoes || op.did !== 'performed') return null
  const row = store.effects.get(run.admission.tenant, undoes.tool, undoes.key)
  return takeBack(row, undoes.attempt) ? undoes : null
}

/** Each charge goes back to the row and window that granted it. */
function settleCharges(begin: OpenBegin, op: SettleOp): { used: number[]; overrun: boolean } {
  const used = begin.charges.map(({ stamped, gauge }, i) => settleCharge(stamped, gauge, op.used[i]))
  return { used, overrun: begin.charges.some(({ stamped }, i) => (used[i] ?? 0) > stamped.amount) }
}
