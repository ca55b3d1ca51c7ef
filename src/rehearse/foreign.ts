import { canonical } from '../core/json.js'
import type { FaultName } from './fault.js'

/** Calls with arguments of their own that a model proposed only because a fault had struck it. */
export class ForeignCalls {
  readonly #calls = new Map<string, FaultName>()

  add(runId: string, tool: string, input: unknown, fault: FaultName): void {
    this.#calls.set(nameOf(runId, tool, input), fault)
  }

  /** The fault that this call came from; undefined for one that the model meant. */
  faultOf(runId: string, tool: string, input: unknown): FaultName | undefined {
    return this.#calls.size === 0 ? undefined : this.#calls.get(nameOf(runId, tool, input))
  }
}

const nameOf = (runId: string, tool: string, input: unknown) => `${runId}\n${tool}\n${canonical(input)}`
