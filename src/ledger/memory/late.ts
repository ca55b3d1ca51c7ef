import { bodyDigest } from '../../core/chain.js'
import type { Op } from '../../core/ops.js'
import type { EpochMs } from '../../core/time.js'
import { heardOf } from './effects.js'
import type { Run } from './runs.js'
import type { Store } from './store.js'

/** A settle of one who no longer holds the run is a receipt: kept outside the journal, once, and the holder is told. */
export function keepLate(store: Store, run: Run, op: Op, at: EpochMs): void {
  if (op.kind !== 'settle') return
  const begin = run.entries[op.ref - 1]
  if (begin?.kind !== 'begin') return
  const digest = bodyDigest(op.salt, op.body)
  // A batch whose answer was lost comes again; the receipt is one.
  if (run.receipts.has(`${op.ref} ${digest}`)) return
  run.receipts.add(`${op.ref} ${digest}`)
  const { runId, ref, fence, did, body } = op
  run.evidence.push({ runId, ref, no: run.evidence.length + 1, fence, did, body, at })
  const { effect } = begin.facts
  const row = effect && store.effects.get(run.admission.tenant, effect.tool, effect.key)
  if (row) {
    // It bears on the row that still tells of this attempt; that it acted bears on whatever came after it.
    const own = row.runId === runId && row.seq === ref
    const news = did === 'performed' && heardOf(row, { runId, seq: ref, args: effect.args, attempt: effect.attempt })
    if (own || news) row.evidence += 1
  }
  store.post(run, 'evidence', { ref }, at)
}
