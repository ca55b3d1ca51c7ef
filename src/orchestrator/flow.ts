import type { Ceilings } from '../govern/ceilings.js'
import { jsonSchemaOf, type OutputOf, type Schema } from '../tools/schema.js'
import type { AnyTool, MeterOf } from '../tools/tool.js'
import type { Ctx, Ended } from './ctx-types.js'
import { define, type Startable } from './definition.js'
import type { Every } from './schedule.js'

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
>(options: {
  name: N
  version: number
  /** Earlier (or later) declared versions whose runs this code may go on with. Where their replay does not match, they wait. */
  accepts?: readonly number[]
  input: I
  /**
   * Tools that the flow is known to use: their meters may have ceilings, their doubts are checked after the run's end, and
   * the modules of isolated ones are loaded beforehand. `ctx.tool` takes others too.
   */
  tools?: T
  ceilings?: Pick<Ceilings<MeterOf<T[number]>>, 'run'>
  /** Runs it by itself: once for each tick, whatever the number of workers. */
  every?: Every<OutputOf<I>>
  run(ctx: Ctx, input: OutputOf<I>): Promise<R>
}): Flow<OutputOf<I>, Exclude<R, Ended>> {
  const definition = define({
    kind: 'flow',
    name: options.name,
    version: options.version,
    accepts: options.accepts,
    every: options.every as Every<never> | undefined,
    input: options.input,
    ceilings: (options.ceilings ?? {}) as Ceilings<string>,
    tools: (options.tools ?? []).map((t) => t.spec),
    policy: { rules: {}, onBreach: {} },
    models: [],
    data: jsonSchemaOf(options.input, `flow '${options.name}'`),
    run: options.run as (ctx: Ctx, input: unknown) => Promise<unknown>,
  })
  return Object.freeze({ name: options.name, definition })
}
