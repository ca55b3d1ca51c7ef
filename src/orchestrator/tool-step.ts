import type { Rung } from '../core/escalation.js'
import { LIMITS } from '../core/limits.js'
import type { RefusalRule } from '../core/refusals.js'
import type { Verdict } from '../govern/verdict.js'
import type { Halt } from '../tools/mcp/source.js'
import type { Activation } from './activation.js'
import { isAgentTool } from './agent-tool.js'
import { attemptLoop } from './attempt.js'
import { changedCall } from './changed.js'
import { calledBy, childStep } from './child-step.js'
import { askPerson, escalationId, inTime } from './escalated.js'
import type { StepRecord } from './journal.js'
import { verdictDetail, type Weighed, weigh } from './judge.js'
import type { Proposal } from './proposal.js'
import type { StepResult } from './result.js'
import { refused } from './tool-refused.js'

/** A tool call from proposal to result: judge, ask, begin, perform, settle. */
export async function toolStep(run: Activation, record: StepRecord, p: Proposal): Promise<StepResult> {
  if (run.journal.begun >= LIMITS.steps_per_run && run.unwinding === null) {
    return { status: 'exhausted', meter: 'steps', used: run.journal.begun, limit: LIMITS.steps_per_run }
  }
  const halt = p.spec.halted && !begunOf(record) ? await run.engine.outside.halted?.(p.spec) : null
  if (halt) return halted(run, record, p, halt)
  const approved = await permitted(run, record, p)
  if (typeof approved !== 'string' && approved !== null) return approved
  if (isAgentTool(p.spec)) {
    const { agent, inputOf } = p.spec
    const tool = { said: p.said, approval: approved }
    return childStep(run, record, { definition: agent, wire: inputOf(p.wire), args: p.args, tool })
  }
  return attemptLoop(run, record, p, approved)
}

const begunOf = (record: StepRecord) => record.intents[0]?.body ?? calledBy(record)

/** Stopped whatever the policy says. No strike: the model could not know. */
async function halted(run: Activation, record: StepRecord, p: Proposal, { rule, say }: Halt): Promise<StepResult> {
  const result: StepResult = { status: 'refused', reason: 'policy', rule, say }
  const detail = verdictDetail(p, { verdict: 'allow' })
  await run.book.note({ about: 'refused', step: record.id, args: p.args, final: result, detail })
  return result
}

/** null: allowed · an id: a person approved exactly this call · a result: it will not be made. */
async function permitted(run: Activation, record: StepRecord, p: Proposal): Promise<StepResult | string | null> {
  const begun = begunOf(record)
  if (begun) return begun.approval ?? null
  if (p.outOfOrder) return refused(run, record, p, { status: 'refused', reason: 'policy', ...p.outOfOrder })
  const round = roundOf(run, record)
  const asked = askedFor(run, record, round)
  const weighed = weigh(run, p)
  const { verdict } = weighed
  tellVerdict(run, record.id, p, weighed)
  const rule: RefusalRule = verdict.verdict === 'allow' && !asked ? `people.${p.spec.name}` : weighed.rule
  if (verdict.verdict === 'refuse') return notLet(run, record, p, verdict, weighed)
  if (p.spec.people === 1 && (p.approved !== undefined || (verdict.verdict === 'allow' && !asked)))
    return p.approved ?? null
  const chain = verdict.verdict === 'escalate' ? verdict.chain : (asked ?? anybody(run))
  const answer = await askPerson(run, record, {
    kind: 'approval',
    tool: p.spec.name,
    args: p.args,
    show: verdictDetail(p, verdict, weighed.low),
    chain,
    notBefore: null,
    people: p.spec.people,
    round,
  })
  if (answer.decision === 'approve')
    return answer.result === undefined ? answer.id : changedCall(run, record, p, answer)
  return declined(run, record, p, rule, {
    by: answer.by,
    note: answer.note,
    nobody: answer.decision === 'nobody',
    otherwise: chain.at(-1)?.otherwise,
  })
}

/** A no that the model can read; or, where the policy says so of what nobody is sure of, somebody takes over. */
function notLet(
  run: Activation,
  record: StepRecord,
  p: Proposal,
  { reason, say }: Extract<Verdict, { verdict: 'refuse' }>,
  { rule, handOver }: Weighed,
): Promise<StepResult> {
  if (handOver === null) return refused(run, record, p, { status: 'refused', reason, rule, say })
  return refused(run, record, p, { status: 'handed_over', to: handOver, note: say })
}

function tellVerdict({ engine, run }: Activation, step: string, p: Proposal, weighed: Weighed): void {
  const { name: tool } = p.spec
  const { verdict } = weighed.verdict
  const rule = p.rule === null && weighed.low === null ? null : weighed.rule
  if (engine.observers.on) engine.observers.tell({ kind: 'verdict', run, step, tool, verdict, rule })
}

/** A tool that two people must allow is put to the operators where no rule names others. */
const anybody = (run: Activation): readonly Rung[] => [
  { to: 'operator', withinMs: inTime(run, LIMITS.doubt_within_ms), otherwise: 'refuse' },
]

/** An approval is for one version of the agent: another one asks anew. */
function roundOf({ run, definition }: Activation, record: StepRecord): number {
  // Most steps never put anything before anybody: what is made of ids would cost as much as all else here.
  if (record.notes.length === 0) return 0
  const put = record.notes.filter(({ about }) => about === 'escalated').map(({ detail }) => detail as Put)
  let round = 0
  const isOther = (id: string) => put.some((one) => one.id === id && one.version !== definition.version)
  while (isOther(escalationId(run.runId, record.id, round))) round = round === 0 ? MOVED_ROUNDS : round + 1
  return round
}

/** Rounds from here on are questions that another version puts anew. */
const MOVED_ROUNDS = 1_000_000

interface Put {
  readonly id?: string
  readonly chain?: readonly Rung[]
  readonly version?: number
}

/** The chain of people that this very call was put to; null when nobody was asked, or about something else. */
function askedFor(run: Activation, record: StepRecord, round: number): readonly Rung[] | null {
  if (record.notes.length === 0) return null
  const id = escalationId(run.run.runId, record.id, round)
  for (const { about, detail } of record.notes) {
    const put = detail as Put | undefined
    if (about === 'escalated' && put?.id === id) return put.chain ?? []
  }
  return null
}

async function declined(
  run: Activation,
  record: StepRecord,
  p: Proposal,
  rule: RefusalRule,
  who: { by: string; note: string | undefined; nobody: boolean; otherwise: 'refuse' | 'hand_over' | undefined },
): Promise<StepResult> {
  const say = who.nobody
    ? `Nobody answered in time (last asked: ${who.by}).`
    : `${who.by} said no${who.note ? `: ${who.note}` : '.'}`
  const result: StepResult =
    who.nobody && who.otherwise === 'hand_over'
      ? { status: 'handed_over', to: who.by, note: say }
      : { status: 'refused', reason: 'policy', rule, say }
  await run.book.note({ about: 'refused', step: record.id, args: p.args, final: result })
  return result
}
