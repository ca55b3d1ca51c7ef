import { toJson } from '../../core/json.js'
import type { Call, Found, ToolSpec } from '../../tools/tool.js'
import type { StandIn } from '../scenario.js'
import type { Surroundings } from '../surroundings.js'
import type { Deeds } from './deeds.js'
import { generatedResult } from './generated.js'

/** Stand-ins as they are called here: what goes in was checked by the tool's schema. */
interface LooseStandIn {
  execute(input: unknown, call: Call, spec: ToolSpec): Promise<unknown>
  check?(input: unknown, call: Call): Promise<Found<unknown>>
  acts?(input: unknown, call: Call): boolean
  claims?(input: unknown, call: Call): unknown
}

export interface BodyOptions {
  readonly s: Surroundings
  readonly deeds: Deeds
  readonly spec: ToolSpec
  readonly given: StandIn | 'generated' | undefined
}

/** The other side of one tool: its own code, a stand-in, or one that is generated from its schemas. It outlives every worker. */
export class ToolBody {
  readonly #standIn: LooseStandIn | null

  constructor(private readonly is: BodyOptions) {
    this.#standIn = typeof is.given === 'object' ? (is.given as LooseStandIn) : null
  }

  /** Whether it can say that it acted while it did not: real code cannot be made to. */
  get canPretend(): boolean {
    return this.is.given !== undefined && this.is.spec.effect !== 'read'
  }

  /** Does what the call asks for, and tells the witness of an effect that really happened. */
  async act(input: unknown, call: Call): Promise<unknown> {
    const { spec, given } = this.is
    if (given === 'generated') return this.#generated(input, call)
    const acts = this.#standIn?.acts?.(input, call)
    const result = await (this.#standIn ? this.#standIn.execute(input, call, spec) : spec.execute(input, call))
    // A stand-in is held to what it does; of a tool's own code nobody can tell, and whoever else sent the key may have been first.
    const isNew = acts ?? (this.#standIn !== null || !this.#remembers(call))
    if (spec.effect !== 'read' && isNew) this.#did(input, call, result)
    return result
  }

  /** What a success says, and nothing done. */
  async pretend(input: unknown, call: Call): Promise<unknown> {
    const claimed = this.#standIn?.claims?.(input, call)
    return claimed ?? generatedResult(this.is.spec, input, this.is.s.chance)
  }

  async check(input: unknown, call: Call): Promise<Found<unknown>> {
    const { spec, given, deeds } = this.is
    if (this.#standIn?.check) return this.#standIn.check(input, call)
    if (given === undefined) return (await spec.check?.(input, call)) ?? { did: 'unknown' }
    const deed = deeds.under(call)
    return deed ? { did: 'happen', result: deed.result } : { did: 'not_happen' }
  }

  /** A keyed provider answers a key that it knows with what it did then; the others act at every call. */
  async #generated(input: unknown, call: Call): Promise<unknown> {
    const { spec, deeds, s } = this.is
    if (this.#remembers(call)) return deeds.under(call)?.result
    const result = await generatedResult(spec, input, s.chance)
    if (spec.effect !== 'read' && !this.#remembers(call)) this.#did(input, call, result)
    return result
  }

  #remembers(call: Call): boolean {
    const { spec, deeds, s } = this.is
    return spec.effect === 'keyed' && deeds.knows(call, s.clock.now() - spec.keyRememberedMs)
  }

  #did(input: unknown, call: Call, result: unknown): void {
    const { spec, given, deeds, s } = this.is
    deeds.add(call, { result, at: s.clock.now() })
    // A world with a journal of its own tells of its acts itself; of a generated tool it knows nothing.
    if (s.scenario.acts && given !== 'generated') return
    const { runId, tenant } = call
    const key = call.key === '' ? null : call.key
    s.witness.record({ tool: spec.name, key, input: toJson(input), result: toJson(result), runId, tenant })
  }
}
