import { MidwatchError } from '../../core/errors.js'
import { canonical } from '../../core/json.js'
import { answerWith, PERSON_OPTIONS, wrongKind } from '../answer.js'
import type { Call } from '../call.js'
import { readJson } from '../read-json.js'
import type { Verb } from '../verb.js'

export const answer: Verb = {
  usage: 'answer <id>',
  says: 'Answer the question of an agent or a flow.',
  options: [
    ['--text <words>', 'the answer in words'],
    ['--value <json>', 'the answer as JSON, where a flow wants more than words'],
    ...PERSON_OPTIONS,
  ],
  act: (call) =>
    answerWith(call, (asked) => {
      if (asked.kind !== 'question') throw wrongKind(asked)
      return { decision: 'answer', result: saidBy(call) }
    }),
}

function saidBy(call: Call): string {
  const [text, value] = [call.text('text'), call.text('value')]
  if (text !== undefined && value === undefined) return canonical(text)
  if (value !== undefined && text === undefined) return canonical(readJson(value, '--value'))
  throw new MidwatchError('usage', "answer needs exactly one of --text 'words' and --value JSON.")
}
