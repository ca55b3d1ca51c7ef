import type { JsonValue } from '../../core/json.js'
import type { Outcome } from '../../core/states.js'

/** The governed run is over: whoever drives its loop is told so, by every call that comes after. Never worth a retry. */
export class GovernedEnd extends Error {
  override readonly name = 'GovernedEnd'
  readonly isRetryable = false
  constructor(
    readonly runId: string,
    readonly outcome: Outcome<JsonValue>,
  ) {
    super(`The governed run ${runId} is over: ${inWords(outcome)}.`)
  }
}

/** A call was not made, or came to nothing: what a tool throws so that its loop shows it to the model. */
export class CallRefused extends Error {
  override readonly name = 'CallRefused'
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

/** A model gave no answer after every attempt that was of use. Its loop must not try once more: attempts would multiply. */
export class ModelUnanswered extends Error {
  override readonly name = 'ModelUnanswered'
  readonly isRetryable = false
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

function inWords(outcome: Outcome<JsonValue>): string {
  switch (outcome.status) {
    case 'completed':
      return 'it was completed'
    case 'refused':
      return `refused (${outcome.reason}), ${outcome.say}`
    case 'handed_over':
      return `handed over to ${outcome.to}, ${outcome.note}`
    case 'exhausted':
      return `the ceiling on ${outcome.meter} has no room (${outcome.used} of ${outcome.limit} used)`
    case 'failed':
      return `failed, ${outcome.code}`
    case 'killed':
      return `killed by ${outcome.by} (${outcome.scope})`
  }
}
