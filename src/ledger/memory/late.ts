import { bodyDigest } from '../../core/chain.js'
import type { Op } from '../../core/ops.js'
import type { EpochMs } from '../../core/time.js'
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
  // Only while the row still tells of this attempt does the evidence bear on it.
  const row = store.effects.at(run.admission.tenant, begin.facts.effect, runId, ref)
  if (row) row.evidence += 1
  store.post(run, 'evidence', { ref }, at)
}
