import type { JsonValue } from '../core/json.js'
import type { Outcome } from '../core/states.js'

/** The few words that lists show beside an outcome. */
export function summary(outcome: Outcome<unknown>): string {
  switch (outcome.status) {
    case 'completed':
      return ''
    case 'refused':
      return outcome.reason
    case 'handed_over':
      return outcome.to
    case 'exhausted':
      return outcome.meter
    case 'failed':
      return outcome.code
    case 'killed':
      return outcome.scope
  }
}

/** What `ctx.refuse` and `ctx.handOver` return to the flow. */
export class EndedValue {
  readonly '~ended' = true as const
  constructor(readonly outcome: Outcome<JsonValue>) {}
}
