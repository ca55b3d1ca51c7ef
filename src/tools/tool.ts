import type { StandardSchemaV1 } from '@standard-schema/spec'
import { MidwatchError } from '../core/errors.js'
import { LIMITS } from '../core/limits.js'
import { EFFECT_CLASSES, type EffectClass } from '../core/states.js'
import { type Duration, durationMs } from '../core/time.js'
import type { Halt, McpSource } from './mcp/source.js'
import { checkMeterName } from './meter.js'
import { type JsonSchema, jsonSchemaOf, type OutputOf, type Schema } from './schema.js'

/** What an attempt is given. */
export interface Call {
  /** Idempotency key of the effect: send it along. '' for reads. */
  readonly key: string
  /** Fencing token: a receiver that has seen a higher one for the same run should refuse this call. */
  readonly fence: bigint
  /** From 1. */
  readonly attempt: number
  /** Aborted at the timeout, on a kill, or when another worker took the run. */
  readonly signal: AbortSignal
  readonly deadline: Date
  readonly runId: string
  readonly session?: string
  readonly tenant: string
  readonly principal?: string
  /** W3C trace context of this attempt, to send along: as headers, or in MCP's `_meta`. */
  readonly traceparent?: string
  readonly tracestate?: string
  /** Resolved now, never written anywhere. Throws `missing_secret`. */
  secret(name: string): Promise<string>
}

/** What a check found. Absence must be said in words, never by null. */
export type Found<O> =
  | { readonly did: 'happen'; readonly result: O }
  | { readonly did: 'not_happen' }
  | { readonly did: 'unknown' }

/** first_result: a repeat under the default key gets the first result · escalate: a person decides · refuse. */
export type Repeat = 'first_result' | 'escalate' | 'refuse'

/** What an effect key may be made of: never of what the model invents. */
export interface KeyFrom {
  /** First run of the lineage: a redriven run keeps it. */
  readonly origin: string
  readonly session?: string
  /** The caller's key of the request, or the origin where none was given. */
  readonly message: { readonly key: string }
}

export interface EveryToolOptions<N extends string, I extends Schema, O, M extends string> {
  name: N
  description: string
  input: I
  output?: StandardSchemaV1<unknown, O>
  /** Per attempt; default 30 s. */
  timeout?: Duration
  /** How long after the timeout the other side may still be acting; default none. */
  settles?: Duration
  /** Bulkhead; its caps are options of the runtime. */
  lane?: string
  /** Names within the tenant that this call holds alone: two sessions on one order are serialised by the ledger. */
  locks?: (input: OutputOf<I>) => string | string[]
  /** Amounts in the meters' declared units. */
  meters?: Record<M, (input: OutputOf<I>) => number>
  execute(input: OutputOf<I>, call: Call): Promise<O>
}

type KeyOption<I extends Schema> = (input: OutputOf<I>, from: KeyFrom) => string

/**
 * The effect that this one takes back. Once a call is confirmed, the key that the other tool had given it is free again: a
 * later, legitimate effect under it is possible. `key` gives that key, as the other tool's own `key` did.
 */
interface UndoesOption<I extends Schema> {
  // biome-ignore lint/suspicious/noExplicitAny: any tool, whatever its types
  tool: Tool<string, any, any, any>
  key: KeyOption<I>
}

/** 2: each call needs the yes of two different people, whatever the rules say; where they name nobody operators are asked. */
type PeopleOption = 1 | 2

/** The effect class discriminates: `checked` requires `check`, `once` forbids `attempts`. */
export type EffectOptions<I extends Schema, O> =
  | { effect: 'read'; attempts?: number }
  | {
      effect: 'keyed'
      key?: KeyOption<I>
      repeat?: Repeat
      undoes?: UndoesOption<I>
      people?: PeopleOption
      attempts?: number
      /** How long the provider remembers a key. After that a doubt goes to a person. */
      keyRemembered: Duration
      /** Concurrent sends under one key are safe: a lost answer is sent again at once. */
      concurrent?: boolean
    }
  | {
      effect: 'checked'
      key?: KeyOption<I>
      repeat?: Repeat
      undoes?: UndoesOption<I>
      people?: PeopleOption
      attempts?: number
      check(input: OutputOf<I>, call: Call): Promise<Found<NoInfer<O>>>
    }
  | {
      effect: 'once'
      key?: KeyOption<I>
      repeat?: Repeat
      undoes?: UndoesOption<I>
      people?: PeopleOption
      /** `process` (default) runs each call in a child that ends itself at the bound; `module` names the file that exports the tool. */
      isolate?: 'process' | 'none'
      /** `import.meta.url` of the module that exports this tool, for the child. */
      module?: string
    }

/** The run-time form of a tool, with everything resolved. */
export interface ToolSpec {
  readonly name: string
  readonly description: string
  readonly effect: EffectClass
  readonly input: Schema
  readonly output: StandardSchemaV1 | null
  readonly jsonSchema: JsonSchema
  readonly timeoutMs: number
  readonly settlesMs: number
  readonly lane: string | null
  readonly attempts: number
  readonly keyRememberedMs: number
  readonly concurrent: boolean
  readonly repeat: Repeat | null
  readonly isolate: 'process' | 'none'
  readonly module: string | null
  readonly key: ((input: unknown, from: KeyFrom) => string) | null
  /** The tool and the key that a confirmed call takes back. */
  readonly undoes: { readonly tool: string; readonly key: (input: unknown, from: KeyFrom) => string } | null
  readonly locks: ((input: unknown) => string | string[]) | null
  /** How many people must allow a call that needs an approval; of two every call does. */
  readonly people: 1 | 2
  readonly meters: Readonly<Record<string, (input: unknown) => number>>
  /** Meters that it does not charge itself, but what it runs may. */
  readonly carries?: readonly string[]
  readonly check: ((input: unknown, call: Call) => Promise<Found<unknown>>) | null
  readonly execute: (input: unknown, call: Call) => Promise<unknown>
  /** The MCP server that it comes from. */
  readonly mcp?: McpSource
  /** Asked before each begin: why it must not be called just now. */
  readonly halted?: () => Promise<Halt | null>
}

export interface Tool<N extends string, I, O, M extends string> {
  readonly name: N
  readonly spec: ToolSpec
  readonly '~i'?: (input: I) => void
  readonly '~o'?: O
  readonly '~m'?: M
}
export type AnyTool = Tool<string, never, unknown, string>
/** Names of the meters that a tool charges. */
// biome-ignore lint/suspicious/noExplicitAny: inference positions of the tool's other parameters
export type MeterOf<T> = T extends Tool<any, any, any, infer M> ? M : never

/** All options at once, as they look when the discriminated union is read loosely. */
interface LooseOptions {
  timeout?: Duration
  key?: ToolSpec['key']
  repeat?: Repeat
  undoes?: { readonly tool: AnyTool; readonly key: NonNullable<ToolSpec['key']> }
  attempts?: number
  keyRemembered?: Duration
  people?: 1 | 2
  concurrent?: boolean
  check?: ToolSpec['check']
  isolate?: 'process' | 'none'
  module?: string
}

const DEFAULT_ATTEMPTS: Record<EffectClass, number> = { read: 3, keyed: 3, checked: 3, once: 1 }

/** Defines a tool. Throws `invalid_definition` with what to mend. */
export function tool<const N extends string, I extends Schema, O, const M extends string = never>(
  options: EveryToolOptions<N, I, O, M> & EffectOptions<I, O>,
): Tool<N, OutputOf<I>, O, NoInfer<M>> {
  const loose = options as unknown as LooseOptions
  checkOptions(options.name, options.effect, loose)
  const declared: object = options.meters ?? {}
  for (const name of Object.keys(declared)) if (name !== 'usd') checkMeterName(name)
  const spec: ToolSpec = {
    name: options.name,
    description: options.description,
    effect: options.effect,
    input: options.input,
    output: (options.output as StandardSchemaV1 | undefined) ?? null,
    jsonSchema: jsonSchemaOf(options.input, `tool '${options.name}'`),
    timeoutMs: options.timeout === undefined ? LIMITS.tool_timeout_ms : durationMs(options.timeout),
    settlesMs: options.settles === undefined ? 0 : durationMs(options.settles),
    lane: options.lane ?? null,
    attempts: loose.attempts ?? DEFAULT_ATTEMPTS[options.effect],
    keyRememberedMs: loose.keyRemembered === undefined ? 0 : durationMs(loose.keyRemembered),
    concurrent: loose.concurrent ?? false,
    repeat: loose.repeat ?? null,
    isolate: options.effect === 'once' ? (loose.isolate ?? 'process') : 'none',
    module: loose.module ?? null,
    key: loose.key ?? null,
    undoes: loose.undoes ? { tool: loose.undoes.tool.name, key: loose.undoes.key } : null,
    people: loose.people ?? 1,
    locks: (options.locks as ToolSpec['locks'] | undefined) ?? null,
    meters: declared as ToolSpec['meters'],
    check: loose.check ?? null,
    execute: options.execute as ToolSpec['execute'],
  }
  return Object.freeze({ name: options.name, spec: Object.freeze(spec) })
}

/** Throws `invalid_definition` for a name that providers do not take, or that a way out has. */
export function checkToolName(name: string): void {
  const wrong = (what: string) => new MidwatchError('invalid_definition', `tool '${name}': ${what}`)
  if (!/^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/.test(name)) throw wrong('a name is letters, digits, _ and -, at most 64.')
  if (RESERVED.has(name)) throw wrong('this name is taken by a way out of the loop; choose another.')
}

function checkOptions(name: string, effect: EffectClass, loose: LooseOptions): void {
  const wrong = (what: string) => new MidwatchError('invalid_definition', `tool '${name}': ${what}`)
  checkToolName(name)
  if (!EFFECT_CLASSES.includes(effect)) throw wrong(`an effect is one of ${EFFECT_CLASSES.join(', ')}.`)
  if (loose.timeout !== undefined && durationMs(loose.timeout) < 1) throw wrong('a timeout is at least 1ms.')
  if (effect === 'checked' && !loose.check) throw wrong("effect 'checked' needs a check function.")
  if (effect === 'keyed' && !loose.keyRemembered) throw wrong("effect 'keyed' needs keyRemembered, such as '24h'.")
  if (effect === 'once' && loose.attempts !== undefined)
    throw wrong("effect 'once' has one attempt; leave attempts out.")
  const undone = loose.undoes?.tool.spec
  if (undone && undone.key === null)
    throw wrong(`it undoes '${undone.name}', which has no key of its own to name: give that tool a \`key\`.`)
  if (loose.people !== undefined && (effect === 'read' || ![1, 2].includes(loose.people)))
    throw wrong('people is 1 or 2, of a tool that writes.')
  const attempts = loose.attempts ?? 1
  if (!Number.isInteger(attempts) || attempts < 1) throw wrong('attempts is a whole number from 1.')
}

/** Names of the ways out of the agent loop. */
export const WAYS_OUT = { complete: 'complete', refuse: 'refuse', handOver: 'hand_over' } as const
/** What the loop itself offers beside the agent's tools. */
export const BUILT_IN_TOOLS = {
  readStored: 'read_stored',
  askRequester: 'ask_requester',
  goToStage: 'go_to_stage',
} as const
const RESERVED: ReadonlySet<string> = new Set([...Object.values(WAYS_OUT), ...Object.values(BUILT_IN_TOOLS)])
