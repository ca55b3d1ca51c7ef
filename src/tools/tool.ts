import type { StandardSchemaV1 } from '@standard-schema/spec'
import { MidwatchError } from '../core/errors.js'
import { LIMITS } from '../core/limits.js'
import { EFFECT_CLASSES, type EffectClass } from '../core/states.js'
import { type Duration, durationMs } from '../core/time.js'
import { checkMeterName } from './meter.js'
import { jsonSchemaOf, type OutputOf, type Schema } from './schema.js'
import { type Call, DEFAULT_ATTEMPTS, type Found, type KeyFrom, type Repeat, type ToolSpec } from './spec.js'
import { type LooseUndo, type UndoOptions, undoOf } from './undo.js'

export type { Call, Found, KeyFrom, Repeat, ToolSpec } from './spec.js'

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

/** What every tool that writes may say. */
interface WriteOptions<I extends Schema, O, M extends string> {
  key?: KeyOption<I>
  repeat?: Repeat
  undoes?: UndoesOption<I>
  people?: PeopleOption
  /**
   * What takes a confirmed call back when a run is wound down, or a flow asks for it. `not_needed`: it may stand whatever comes
   * of the run. Left out it cannot be taken back, and a person is told that it stands.
   */
  undo?: UndoOptions<OutputOf<I>, NoInfer<O>, NoInfer<M>> | 'not_needed'
}

/** The effect class discriminates: `checked` requires `check`, `once` forbids `attempts`. */
export type EffectOptions<I extends Schema, O, M extends string = never> =
  | { effect: 'read'; attempts?: number }
  | (WriteOptions<I, O, M> & {
      effect: 'keyed'
      attempts?: number
      /** How long the provider remembers a key. After that a doubt goes to a person. */
      keyRemembered: Duration
      /** Concurrent sends under one key are safe: a lost answer is sent again at once. */
      concurrent?: boolean
    })
  | (WriteOptions<I, O, M> & {
      effect: 'checked'
      attempts?: number
      /** An answer that says it was done is not believed before `check` has found it; what it does not find goes to a person. */
      readBack?: boolean
      check(input: OutputOf<I>, call: Call): Promise<Found<NoInfer<O>>>
    })
  | (WriteOptions<I, O, M> & {
      effect: 'once'
      /** `process` (default) runs each call in a child that ends itself at the bound; `module` names the file that exports the tool. */
      isolate?: 'process' | 'none'
      /** `import.meta.url` of the module that exports this tool, for the child. */
      module?: string
      /** What a child may take beyond what it begins with, MB; it is ended above that. Default 256, at least 16. */
      memoryMb?: number
    })

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
  readBack?: boolean
  undo?: LooseUndo | 'not_needed'
  isolate?: 'process' | 'none'
  module?: string
  memoryMb?: number
}

/** Defines a tool. Throws `invalid_definition` with what to mend. */
export function tool<const N extends string, I extends Schema, O, const M extends string = never>(
  options: EveryToolOptions<N, I, O, M> & EffectOptions<I, O, M>,
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
    ...(loose.memoryMb !== undefined && { memoryMb: loose.memoryMb }),
    key: loose.key ?? null,
    undoes: loose.undoes ? { tool: loose.undoes.tool.name, key: loose.undoes.key } : null,
    people: loose.people ?? 1,
    locks: (options.locks as ToolSpec['locks'] | undefined) ?? null,
    meters: declared as ToolSpec['meters'],
    check: loose.check ?? null,
    ...(loose.readBack ? { readBack: true } : {}),
    execute: options.execute as ToolSpec['execute'],
  }
  const { undo } = loose
  const whole = undo === undefined ? spec : { ...spec, undo: typeof undo === 'string' ? undo : undoOf(spec, undo) }
  return Object.freeze({ name: options.name, spec: Object.freeze(whole) })
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
  if (loose.readBack && !loose.check) throw wrong('readBack needs a check function.')
  if (loose.undo === 'not_needed' && effect === 'read') throw wrong('a read has nothing to take back.')
  const memoryMb = loose.memoryMb ?? LIMITS.isolated_heap_mb
  if (!Number.isInteger(memoryMb) || memoryMb < 16) throw wrong('memoryMb is a whole number from 16.')
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
