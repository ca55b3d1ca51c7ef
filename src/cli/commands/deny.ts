import { answerWith, PERSON_OPTIONS } from '../answer.js'
import type { Verb } from '../verb.js'

export const deny: Verb = {
  usage: 'deny <id>',
  says: 'Refuse the call that an approval shows; the run goes on without it.',
  options: PERSON_OPTIONS,
  act: (call) => answerWith(call, () => ({ decision: 'deny' })),
}
