import type { JsonValue } from '../../core/json.js'
import { CONFIDENCE_RULE, type Estimate, lowText } from '../../govern/confidence/low.js'
import type { Branch } from '../branch.js'
import { askPerson } from '../escalated.js'
import type { StepRecord } from '../journal.js'
import { EndedValue } from '../outcome.js'
import { digestOf } from '../proposal.js'
import { completed, type StepResult } from '../result.js'
import type { ConfidencePlan } from './plan.js'

/** What becomes of an outcome whose confidence is below the bar; null where a person accepts it. */
export async function lowOutcome(
  branch: Branch,
  { otherwise }: ConfidencePlan,
  estimate: Estimate,
  outcome: JsonValue,
): Promise<EndedValue | null> {
  const say = lowText(estimate)
  if (otherwise === 'refuse') return refusedFor(say)
  if ('handOver' in otherwise) return new EndedValue({ status: 'handed_over', to: otherwise.handOver, note: say })
  if (otherwise.verdict !== 'escalate') return refusedFor(say)
  const { chain } = otherwise
  const show = { outcome, confidence: estimate.confidence, say, chain: chain.map((rung) => ({ ...rung })) }
  const result = await branch.step('unsure', digestOf([outcome]), (record) => asked(branch, record, chain, show, say))
  if (result.status === 'completed') return null
  return result.status === 'handed_over' ? new EndedValue(result) : refusedFor(`${say} It was not accepted.`)
}

const refusedFor = (say: string): EndedValue =>
  new EndedValue({ status: 'refused', reason: 'low_confidence', rule: CONFIDENCE_RULE, say })

type Chain = Parameters<typeof askPerson>[2]['chain']

/** A person says whether exactly this outcome is given out. */
async function asked(
  { run }: Branch,
  record: StepRecord,
  chain: Chain,
  show: JsonValue,
  say: string,
): Promise<StepResult> {
  const args = record.args ?? ''
  const answer = await askPerson(run, record, {
    ...{ kind: 'approval', tool: null, args, show, chain, notBefore: null, round: 0 },
  })
  const final = answered(answer.decision, answer.by, say, chain)
  const detail = { of: 'outcome', decision: answer.decision, by: answer.by }
  await run.book.note({ about: 'confidence', step: record.id, args, final, detail })
  return final
}

function answered(decision: string, by: string, say: string, chain: Chain): StepResult {
  if (decision === 'approve') return completed(null)
  if (decision === 'nobody' && chain.at(-1)?.otherwise === 'hand_over')
    return { status: 'handed_over', to: by, note: `${say} Nobody answered in time.` }
  return { status: 'refused', reason: 'low_confidence', rule: CONFIDENCE_RULE, say }
}
