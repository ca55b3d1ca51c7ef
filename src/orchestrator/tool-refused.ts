import type { Activation } from './activation.js'
import type { StepRecord } from './journal.js'
import { verdictDetail } from './judge.js'
import type { Proposal } from './proposal.js'
import type { StepResult } from './result.js'

/** A refusal that the model can read, and a strike. */
export async function refused(
  run: Activation,
  record: StepRecord,
  p: Proposal,
  result: StepResult,
): Promise<StepResult> {
  const detail = verdictDetail(p, { verdict: 'allow' })
  await run.book.note(
    { about: 'refused', step: record.id, args: p.args, final: result, detail },
    { count: { strikes: 1 } },
  )
  return result
}
