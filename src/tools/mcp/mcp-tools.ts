import { MidwatchError } from '../../core/errors.js'
import type { JsonSchema } from '../schema.js'
import { type AnyTool, type Call, type Tool, type ToolSpec, tool } from '../tool.js'
import { callTool, type Manner } from './call.js'
import { connectionTo, declare } from './connections.js'
import { type ClassedTool, classOf, type McpArgs, type McpEffect } from './effects.js'
import { haltBefore } from './halt.js'
import { schemaFrom } from './json-schema.js'
import type { ToolPin } from './pin.js'
import { pinFileFrom, readPins } from './pin-file.js'
import { knownServer, type McpServer } from './server.js'
import type { McpSource } from './source.js'

type Effects = Readonly<Record<string, McpEffect>>
type NameIn<E, K> = K extends keyof E ? (E[K] extends { readonly as: infer A extends string } ? A : K) : K
// biome-ignore lint/suspicious/noExplicitAny: any function of any arguments
type MetersIn<E, K> = K extends keyof E ? (E[K] extends { readonly meters: Record<infer M, any> } ? M : never) : never

/** Effects of tools that are not allowed: to be asked for one more argument is what does not compile. */
type Stray<E, N> = string extends keyof E ? never : Exclude<keyof E, N>

export interface McpToolsOptions<N extends string, E extends Effects> {
  /** The tools that may be used, as the server calls them: no other is offered to any model. */
  allow: readonly N[]
  /** By tool: its effect class, or that and how else it is taken. */
  effects?: E & Effects
  /** `lockfile` (default): what was accepted stands in `midwatch.mcp.json`. `off`: what the server says at the start is believed. */
  pin?: 'lockfile' | 'off'
  /** `trusted`: a tool that its server calls read-only is tried again like any other read. */
  hints?: 'cautious' | 'trusted'
  /** Another pin file than `midwatch.mcp.json` in this folder or the nearest above it. */
  pinFile?: string
}

/** Tools of an MCP server, governed as any others. Throws `invalid_definition`, `mcp_pins_unreadable`. */
export function mcpTools<const N extends string, const E extends Effects = Record<never, never>>(
  server: McpServer,
  options: McpToolsOptions<N, E>,
  ..._: [Stray<E, N>] extends [never] ? [] : [stray: Stray<E, N>]
): { [K in N]: Tool<NameIn<E, K> & string, McpArgs, unknown, MetersIn<E, K> & string> }[N][] {
  const { allow, effects, pin = 'lockfile', hints = 'cautious', pinFile = pinFileFrom(process.cwd()) } = options
  const known = knownServer(server)
  const given = (effects ?? {}) as Readonly<Record<string, McpEffect | undefined>>
  const stray = Object.keys(given).find((name) => !(allow as readonly string[]).includes(name))
  if (stray !== undefined) {
    throw new MidwatchError(
      'invalid_definition',
      `MCP server '${known.name}': effects name '${stray}', which is not allowed.`,
    )
  }
  const pins: Readonly<Record<string, ToolPin>> = pin === 'off' ? {} : (readPins(pinFile)[known.name] ?? {})
  const made = new Map<string, Made>()
  for (const name of new Set<string>(allow)) {
    const pinned = Object.hasOwn(pins, name) ? (pins[name] ?? null) : null
    const classed = (annotations: ToolPin['annotations']) => classOf(given[name], annotations, hints)
    const source: McpSource = { server: known, tool: name, pinned, pin, pinFile, classed }
    made.set(name, { source, how: classed(pinned?.annotations ?? {}) })
  }
  for (const { source } of made.values()) declare(source)
  return [...made.values()].map((one) => toolOf(one, made)) as never
}

interface Made {
  readonly source: McpSource
  readonly how: ClassedTool
}

const ANYTHING: JsonSchema = { type: 'object' }
const KEY_REMEMBERED = '1h'

function toolOf({ source, how }: Made, made: ReadonlyMap<string, Made>): AnyTool {
  const manner: Manner = {
    effect: how.effect,
    errors: how.errors ?? 'in_doubt',
    keyArgument: how.keyArgument ?? null,
    overdue: how.overdue ?? (how.effect === 'once' ? 'kill' : 'cancel'),
  }
  const said = () => saidOf(source)
  const shown = shownSchema(said, manner.keyArgument)
  const { as: name = source.tool, effect, by: _, errors: __, keyArgument: ___, overdue: ____, ...rest } = how
  const options = {
    ...rest,
    name,
    effect,
    description: source.pinned?.description ?? '',
    input: schemaFrom(shown),
    execute: (input: object, call: Call) => callTool(source, manner, input, call),
    ...(how.check && { check: (input: McpArgs, call: Call) => how.check?.(input, call, askOf(made, call)) }),
    ...(effect === 'keyed' && { keyRemembered: how.keyRemembered ?? KEY_REMEMBERED }),
    ...(source.pinned?.outputSchema && { output: schemaFrom(() => source.pinned?.outputSchema ?? ANYTHING) }),
  }
  const { spec } = tool(options as unknown as Parameters<typeof tool>[0])
  return Object.freeze({ name, spec: specOf(spec as ToolSpec, source, said, shown) })
}

/**
 * It is performed in this process: what a server on stdio does, it does in one of its own, which is ended at the bound. What
 * is not pinned is read anew each time it is asked for: a server says it only when the runtime has started.
 */
function specOf(spec: ToolSpec, source: McpSource, said: () => Said, shown: () => JsonSchema): ToolSpec {
  const own = { ...spec, isolate: 'none' as const, mcp: source, halted: () => haltBefore(source) }
  if (source.pin === 'lockfile') return Object.freeze(own)
  const live = { description: { get: () => said().description }, jsonSchema: { get: () => plain(shown()) } }
  for (const field of Object.values(live)) Object.assign(field, { enumerable: true })
  return Object.freeze(Object.defineProperties(own, live))
}

/** Which draft it is of is for whoever checks, not for a model. */
const plain = ({ $schema: _, ...schema }: JsonSchema): JsonSchema => schema

type Said = Pick<ToolPin, 'description' | 'inputSchema'>
const NOTHING: Said = { description: '', inputSchema: ANYTHING }

function saidOf({ pinned, pin, server, tool: name }: McpSource): Said {
  return pinned ?? (pin === 'off' ? connectionTo(server).seen?.get(name)?.pin : null) ?? NOTHING
}

/** Without the argument that is filled in here; one object for one schema. */
function shownSchema(said: () => Said, keyArgument: string | null): () => JsonSchema {
  let from: JsonSchema | null = null
  let shown: JsonSchema = ANYTHING
  return () => {
    const { inputSchema } = said()
    if (inputSchema !== from) {
      from = inputSchema
      shown = withoutArgument(inputSchema, keyArgument)
    }
    return shown
  }
}

function withoutArgument(schema: JsonSchema, argument: string | null): JsonSchema {
  if (argument === null) return schema
  const { [argument]: _, ...properties } = (schema.properties ?? {}) as Record<string, unknown>
  const required = ((schema.required ?? []) as string[]).filter((name) => name !== argument)
  return { ...schema, properties, required }
}

/** Only what is itself allowed, and only reads: a check changes nothing. */
function askOf(made: ReadonlyMap<string, Made>, call: Call): (tool: string, args: McpArgs) => Promise<unknown> {
  return async (name, args) => {
    const asked = made.get(name)
    if (asked?.how.effect !== 'read')
      throw new Error(`A check may ask the reads of its server's \`allow\`, not '${name}'.`)
    const read: Manner = { effect: 'read', errors: 'in_doubt', keyArgument: null, overdue: 'cancel' }
    return callTool(asked.source, read, args, { ...call, key: '', signal: call.signal })
  }
}
