import { MidwatchError } from '../../core/errors.js'
import type { Schema } from '../schema.js'
import { type Call, type EffectOptions, type EveryToolOptions, type Tool, tool } from '../tool.js'
import { brought } from './json-schema-of.js'

/** What `tool()` of the AI SDK 6 and 7 makes, as far as it is used here. Structural: nothing depends on the package. */
export interface AiSdkTool {
  readonly description?: unknown
  readonly inputSchema?: unknown
  // biome-ignore lint/suspicious/noExplicitAny: each version of the SDK types what goes with a call in its own way
  readonly execute?: ((input: any, options: any) => any) | undefined
}

type InputOf<T extends AiSdkTool> = Parameters<NonNullable<T['execute']>>[0]
type OutputOf<T extends AiSdkTool> = Last<ReturnType<NonNullable<T['execute']>>>
/** What a call comes to: a tool may give parts on its way, and then the last is its result. */
type Last<R> = R extends AsyncIterable<infer P> ? P : Awaited<R>

type BroughtOptions<N extends string, I, O, M extends string> = Omit<
  EveryToolOptions<N, Schema<I, I>, O, M>,
  'input' | 'output' | 'execute' | 'description' | 'meters'
> & {
  /** Amounts in the meters' declared units. */
  meters?: Record<M, (input: I) => number>
  /** Default: the tool's own. */
  description?: string
  /** What `execute` gets as its context; default the call itself, with its key, fence and deadline. */
  context?: (call: Call) => unknown
}

/**
 * An AI SDK tool as a Midwatch tool, for an agent of our own: everything that is promised of tools is promised of it. What it
 * changes must be said. Throws `invalid_definition`.
 */
export function fromAiSdk<const N extends string, T extends AiSdkTool, const M extends string = never>(
  given: T,
  options: BroughtOptions<N, InputOf<T>, OutputOf<T>, M> & EffectOptions<Schema<InputOf<T>, InputOf<T>>, OutputOf<T>>,
): Tool<N, InputOf<T>, OutputOf<T>, NoInfer<M>> {
  const { context = (call: Call) => call, ...said } = options
  const { execute } = given
  if (!execute) {
    throw new MidwatchError(
      'invalid_definition',
      `tool '${options.name}': it has no execute. What a provider or a browser runs cannot be governed here.`,
    )
  }
  const description = options.description ?? (typeof given.description === 'string' ? given.description : '')
  const all = {
    ...said,
    description,
    input: brought(given.inputSchema, `tool '${options.name}'`),
    execute: async (input: InputOf<T>, call: Call) => {
      const own = context(call)
      const how = { toolCallId: call.key || call.runId, messages: [], abortSignal: call.signal }
      return whole(await execute(input, { ...how, context: own, experimental_context: own }))
    },
  }
  return tool(all as unknown as Parameters<typeof tool>[0]) as unknown as Tool<N, InputOf<T>, OutputOf<T>, NoInfer<M>>
}

/** A tool that gives parts on its way counts by the last of them. */
export async function whole<R>(result: R): Promise<Last<R>> {
  const parts = result as AsyncIterable<unknown> | null
  if (typeof parts !== 'object' || parts === null || !(Symbol.asyncIterator in parts)) return result as Last<R>
  let last: unknown
  for await (const part of parts) last = part
  return last as Last<R>
}
