import type { JsonValue } from '../core/json.js'
import { type Duration, durationMs } from '../core/time.js'
import type { ModelTool } from '../models/prompt.js'
import { BUILT_IN_TOOLS } from '../tools/tool.js'
import type { Activation } from './activation.js'
import type { Branch } from './branch.js'
import { askPerson, inTime, questionOf, REQUESTER } from './escalated.js'
import type { StepRecord } from './journal.js'
import { type Message, messageInAnswer } from './messages.js'
import { digestOf } from './proposal.js'
import { completed, type StepResult } from './result.js'

/** The agent may ask its requester, and waits so long for the answer. */
export interface AskBack {
  readonly within: Duration
}

/** How a model is offered to ask back. */
export const askRequesterTool: ModelTool = {
  name: BUILT_IN_TOOLS.askRequester,
  description: 'Ask whoever asked for this, and wait for the answer. Only for what you need and cannot find out.',
  inputSchema: { type: 'object', properties: { question: { type: 'string' } }, required: ['question'] },
}

/** The model's question to its requester: a step whose result is the answer, or that nobody gave one in time. */
export function askRequester(branch: Branch, question: string, { within }: AskBack): Promise<StepResult> {
  const { run } = branch
  const show = { question }
  return branch.step(BUILT_IN_TOOLS.askRequester, digestOf(show), (record) =>
    asked(run, record, show, durationMs(within)),
  )
}

const NOBODY = { answer: null, note: 'Nobody answered in time. Go on without, or end in one of the other ways.' }

async function asked(run: Activation, record: StepRecord, show: JsonValue, withinMs: number): Promise<StepResult> {
  const chain = [{ to: REQUESTER, withinMs: inTime(run, withinMs), otherwise: 'refuse' as const }]
  const heard: { message: Message | null } = { message: null }
  const overtaken = async () => {
    heard.message ??= await messageInAnswer(run, record)
    return heard.message !== null
  }
  const what = { ...questionOf(record, show, chain, 0), overtaken, overtakenBy: 'message' as const }
  const { decision, by, result } = await askPerson(run, record, what)
  const final = completed(
    decision === 'nobody' ? NOBODY : { answer: (decision === 'overtaken' ? heard.message?.input : result) ?? null, by },
  )
  await run.book.note({ about: 'answered', step: record.id, final })
  return final
}
