import { MidwatchError } from '../core/errors.js'
import { inOrder, type JsonValue } from '../core/json.js'
import { ownerOf } from '../core/owner.js'
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

/** What `ctx.continue` returns to the flow. */
export class ContinuedValue extends EndedValue {
  constructor(readonly next: JsonValue) {
    super({ status: 'completed', output: null })
  }
}

/** What the run goes on with as another one, if its flow said so. */
export function nextOf(output: unknown): { readonly input: JsonValue } | undefined {
  return output instanceof ContinuedValue ? { input: output.next } : undefined
}

/** How a run ends whose flow threw. */
export function outcomeOfThrow(error: unknown): Outcome<JsonValue> {
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof MidwatchError ? error.code : 'flow_threw'
  return { status: 'failed', code, owner: ownerOf(code), message: message.slice(0, 500) }
}

/** How a run ends whose flow returned. */
export function outcomeOfOutput(output: unknown): Outcome<JsonValue> {
  if (output instanceof EndedValue) return output.outcome
  return { status: 'completed', output: inOrder(output) }
}
