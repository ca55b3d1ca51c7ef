import { answerWith, PERSON_OPTIONS } from '../answer.js'
import type { Verb } from '../verb.js'

export const approve: Verb = {
  usage: 'approve <id>',
  says: 'Allow exactly the call that an approval shows.',
  options: PERSON_OPTIONS,
  act: (call) => answerWith(call, () => ({ decision: 'approve' })),
}
