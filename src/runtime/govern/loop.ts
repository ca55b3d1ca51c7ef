import type { Definition, Startable } from '../../orchestrator/definition.js'
import { type AgentSettings, governSettings, type Wrapping } from './agent-settings.js'
import { CallPlace } from './call-place.js'
import { currentSeat } from './current.js'
import type { ForeignModel } from './foreign-model.js'
import { type GovernedModelOptions, governModel } from './governed-model.js'
import { type GovernedTools, governTools } from './governed-tools.js'
import type { GovernedRunOptions, GovernHost } from './host.js'
import { governedDefinition, type LooseOptions } from './loop-options.js'
import type { Place } from './place.js'
import type { Seat } from './seat.js'
import type { Seats } from './seats.js'
import { GovernedEnd } from './told.js'

/** A run that an outer loop drives. */
export interface GovernedRun {
  readonly id: string
}

/**
 * A loop that Midwatch does not own, under its policy. `model` and `tools` wrap what the loop is given; `run` makes what is
 * called within it one run. A call outside of any run is a run by itself.
 */
export class GovernedLoop implements Startable<never, unknown> {
  readonly name: string
  readonly definition: Definition
  readonly seats: Seats = new Map()
  #host: GovernHost | null = null
  readonly #place: Place = { sit: () => this.#sit() }

  /** `open`: opens a runtime for this loop where none was given it. */
  constructor(
    options: LooseOptions,
    private readonly open: (loop: GovernedLoop) => Promise<unknown>,
  ) {
    this.name = options.name
    this.definition = governedDefinition(options, this.seats)
  }

  /** Called by the runtime that has this loop among what it runs. */
  serve(host: GovernHost): void {
    this.#host = host
  }

  /** The runtime stops; another may have taken the loop meanwhile. */
  leave(host: GovernHost): void {
    if (this.#host === host) this.#host = null
  }

  /** The model with each call governed: for `generateText`, `streamText`, `ToolLoopAgent` and whatever else takes it. */
  model<M extends ForeignModel>(model: M, options: GovernedModelOptions = {}): M {
    return governModel(model, options, this.definition, this.#place)
  }

  /** Tools with each call governed: a record of AI SDK or Mastra tools, or a list of LangChain ones, in the form given. */
  tools<T extends GovernedTools>(tools: T): T {
    return governTools(tools, this.definition, this.#place)
  }

  /** Settings of a `ToolLoopAgent` with its model and tools governed: each call of the agent is a run, unless it is in one. */
  settings<S extends AgentSettings>(settings: S): S {
    return governSettings(settings, this.#wrapping(this.#place), () =>
      this.#wrapping(this.#isWithin() ? this.#place : new CallPlace(() => this.#take({}))),
    )
  }

  #wrapping(place: Place): Wrapping {
    return {
      model: (model) => governModel(model, {}, this.definition, place),
      tools: (tools) => governTools(tools, this.definition, place),
    }
  }

  #isWithin(): boolean {
    const seat = currentSeat.getStore()
    return seat !== undefined && this.seats.has(seat.runId)
  }

  /**
   * Everything that `work` asks of the loop's models and tools is one run, and it ends with what `work` gives or throws. A
   * `key` makes it durable. Throws `GovernedEnd` where it ended otherwise than by `work`.
   */
  async run<T>(options: GovernedRunOptions, work: (run: GovernedRun) => Promise<T>): Promise<T> {
    const seat = await this.#take(options)
    if (seat.outcome?.status === 'completed') return seat.outcome.output as T
    if (seat.outcome) throw new GovernedEnd(seat.runId, seat.outcome)
    try {
      const output = await currentSeat.run(seat, () => work({ id: seat.runId }))
      await seat.end(output)
      return output
    } catch (error) {
      if (!seat.isOver) await seat.fail(error)
      throw error
    }
  }

  async #take(options: GovernedRunOptions): Promise<Seat> {
    if (this.#host === null) await this.open(this)
    return (this.#host as unknown as GovernHost).open(this.definition, this.seats, options)
  }

  async #sit() {
    const seat = currentSeat.getStore()
    if (seat && this.seats.has(seat.runId)) return { seat, rise: async () => undefined }
    const own = await this.#take({})
    const rise = async ({ error }: { readonly error?: unknown }) => {
      if (!own.isOver) await (error === undefined ? own.end(null) : own.fail(error))
    }
    return { seat: own, rise }
  }
}
