import type { Admitted } from '../core/admission.js'
import { type ErrorCode, MidwatchError } from '../core/errors.js'
import type { Overload } from '../core/queues.js'
import type { StartOptions } from './admission.js'

/** fenced and sealed are said of child runs alone. */
type Code = Exclude<Admitted['code'], 'ok' | 'existing' | 'fenced' | 'sealed'>

const CODES: Readonly<Record<Code, ErrorCode>> = {
  conflict: 'start_conflict',
  busy: 'session_busy',
  closed: 'session_closed',
  sequenced: 'session_sequenced',
  unsequenced: 'session_unsequenced',
  sequence_taken: 'sequence_taken',
  sequence_passed: 'sequence_passed',
  overloaded: 'overloaded',
}

/** What a sender is told of a message that was not accepted. Throws nothing for one that was. */
export function mustBeAdmitted({ code, runId, overload }: Admitted, options: StartOptions<unknown>): void {
  if (code === 'ok' || code === 'existing' || code === 'fenced' || code === 'sealed') return
  const words = overload ? whyOverloaded(overload) : whyNot(code, runId, options)
  throw new MidwatchError(CODES[code], words, overload && { retryAfterMs: overload.retryAfterMs })
}

function whyNot(code: Code, runId: string, { key, session, sequence }: StartOptions<unknown>): string {
  switch (code) {
    case 'conflict':
      return `The key '${key}' was used before with another input (run ${runId}); a new request needs a key of its own.`
    case 'busy':
      return `Session '${session}' is at work on another message (run ${runId}), and this agent refuses more meanwhile; send it again later.`
    case 'closed':
      return `Session '${session}' is closed; nothing was accepted. Reopen it (midwatch session reopen ${session}), or write to another.`
    case 'sequenced':
      return `Messages of session '${session}' are numbered: send it with its sequence.`
    case 'unsequenced':
      return `Messages of session '${session}' are not numbered: send it without a sequence.`
    case 'sequence_taken':
      return `Number ${sequence} of session '${session}' is another message's (run ${runId}).`
    case 'sequence_passed':
      return `Number ${sequence} of session '${session}' did not come in time and was given up; send it under a new number.`
    case 'overloaded':
      return 'More waits to begin than there is room for; nothing was accepted.'
  }
}

/** The bound as operators name it, and when to come again. */
function whyOverloaded({ scope, why, retryAfterMs }: Overload): string {
  const again = `nothing was accepted. Send it again in ${Math.ceil(retryAfterMs / 1_000)} s, under the same key`
  if (why === 'late')
    return `What waits in ${scope} cannot begin before the deadline of this; ${again}, or with more time.`
  return `As much as may waits in ${scope} to begin; ${again}.`
}
