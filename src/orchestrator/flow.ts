import type { Priority } from '../core/queues.js'
import type { Ceilings } from '../govern/ceilings.js'
import { type WindDown, type WindDownByEnd, windDownOf } from '../govern/wind-down.js'
import { jsonSchemaOf, type OutputOf, type Schema } from '../tools/schema.js'
import type { AnyTool, MeterOf } from '../tools/tool.js'
import type { Ctx, Ended, FlowCtx } from './ctx-types.js'
import { define, type Startable } from './definition.js'
import type { Every } from './schedule.js'
import { type SessionContract, sessionPlanOf } from './session-contract.js'

export type Flow<I, O> = Startable<I, O>

/**
 * Orchestration written as a function of `ctx`. It is run again from its journal after every interruption, so between
 * steps it must be a pure function of what the steps gave it. Throws `invalid_definition`.
 */
export function flow<
  const N extends string,
  I extends Schema,
  R,
  const T extends readonly AnyTool[] = readonly [],
  S extends Schema = Schema<undefined>,
>(options: {
  name: N
  version: number
  /** Earlier (or later) declared versions whose runs this code may go on with. Where their replay does not match, they wait. */
  accepts?: readonly number[]
  /** Where its runs wait to be claimed; default `default`. Workers say which queues they look into. */
  queue?: string
  /** How urgent its runs are where nobody says; default `normal`. */
  priority?: Priority
  input: I
  /**
   * Tools that the flow is known to use: their meters may have ceilings, their doubts are checked after the run's end, and
   * the modules of isolated ones are loaded beforehand. `ctx.tool` takes others too.
   */
  tools?: T
  ceilings?: Pick<Ceilings<MeterOf<T[number]>>, 'run'>
  /** What becomes of what the flow did when it does not complete; of `tools` alone is it known how. Default `leave`. */
  windDown?: WindDown | WindDownByEnd
  /** Runs it by itself: once for each tick, whatever the number of workers. */
  every?: Every<OutputOf<I>>
  /** What the flow promises of its sessions, and what it keeps of them. */
  session?: SessionContract<S, OutputOf<I>, unknown>
  run(ctx: FlowCtx<NoInfer<OutputOf<S>>>, input: OutputOf<I>): Promise<R>
}): Flow<OutputOf<I>, Exclude<R, Ended>> {
  const definition = define({
    kind: 'flow',
    name: options.name,
    version: options.version,
    accepts: options.accepts,
    queue: options.queue,
    priority: options.priority,
    every: options.every as Every<never> | undefined,
    input: options.input,
    ceilings: (options.ceilings ?? {}) as Ceilings<string>,
    tools: (options.tools ?? []).map((t) => t.spec),
    policy: {
      ...{ rules: {}, onBreach: {}, stages: null, selfApproval: false },
      windDown: windDownOf(options.name, options.windDown),
    },
    session: options.session
      ? sessionPlanOf(options.name, options.session as SessionContract<Schema, never, never>)
      : null,
    models: [],
    data: jsonSchemaOf(options.input, `flow '${options.name}'`),
    run: options.run as unknown as (ctx: Ctx, input: unknown) => Promise<unknown>,
  })
  return Object.freeze({ name: options.name, definition })
}
