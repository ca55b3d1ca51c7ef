import { canonical } from '../../core/json.js'
import { answerWith, PERSON_OPTIONS } from '../answer.js'
import { readJson } from '../read-json.js'
import type { Verb } from '../verb.js'

export const approve: Verb = {
  usage: 'approve <id>',
  says: 'Allow exactly the call that an approval shows.',
  options: [
    [
      '--input <json>',
      'other arguments: this call is not made, and one with these is proposed and judged in its place',
    ],
    ...PERSON_OPTIONS,
  ],
  act: (call) => {
    const input = call.text('input')
    const changed = input === undefined ? {} : { result: canonical(readJson(input, '--input')) }
    return answerWith(call, () => ({ decision: 'approve', ...changed }))
  },
}
