import { MidwatchError } from '../../core/errors.js'
import type { Decision, Escalation } from '../../core/escalation.js'
import { canonical } from '../../core/json.js'
import { answerWith, PERSON_OPTIONS, wrongKind } from '../answer.js'
import type { Call } from '../call.js'
import { readJson } from '../read-json.js'
import type { Verb } from '../verb.js'

export const resolve: Verb = {
  usage: 'resolve <id>',
  says: 'Settle a doubt (did it happen?) or answer a question.',
  options: [
    ['--happened', 'the doubted call did take effect'],
    ['--not-happened', 'it did not, and will not'],
    ['--result <json>', 'with --happened: what the call would have answered'],
    ['--answer <json>', 'the answer to a question'],
    ...PERSON_OPTIONS,
  ],
  act: (call) => answerWith(call, (asked) => decisionOf(call, asked)),
}

function decisionOf(call: Call, asked: Escalation): { decision: Decision; result?: string } {
  const [answer, result] = [call.text('answer'), call.text('result')]
  const [happened, not] = [call.flag('happened'), call.flag('notHappened')]
  if (Number(happened) + Number(not) + Number(answer !== undefined) !== 1) {
    throw new MidwatchError('usage', 'resolve needs exactly one of --happened, --not-happened and --answer JSON.')
  }
  if (result !== undefined && !happened) throw new MidwatchError('usage', '--result goes with --happened.')
  if (asked.kind !== (answer === undefined ? 'doubt' : 'question')) throw wrongKind(asked)
  if (answer !== undefined) return { decision: 'answer', result: canonical(readJson(answer, '--answer')) }
  if (not) return { decision: 'not_happened' }
  return { decision: 'happened', ...(result !== undefined && { result: canonical(readJson(result, '--result')) }) }
}
