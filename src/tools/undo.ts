import { MidwatchError } from '../core/errors.js'
import { type Json, type JsonValue, toJson } from '../core/json.js'
import type { EffectClass } from '../core/states.js'
import { type Duration, durationMs } from '../core/time.js'
import { check, type Schema } from './schema.js'
import { type Call, DEFAULT_ATTEMPTS, type Found, type ToolSpec } from './spec.js'

/** What an undo is told: as every attempt, and of what it takes back. */
export interface UndoCall extends Call {
  /** The key of the effect that is taken back. `key` is the undo's own. */
  readonly undoes: string
}

/** What an undo is given of the effect: its input, and its result as the journal holds it; null where nobody knows that. */
type Undoing<I, O, R> = (input: I, result: Json<O> | null, call: UndoCall) => Promise<R>

interface EveryUndo<I, O, M extends string> {
  /** Per attempt; default that of the tool. */
  timeout?: Duration
  /** How long after the timeout the other side may still be acting; default that of the tool. */
  settles?: Duration
  /** Default that of the tool. */
  lane?: string
  /** 2: taking it back needs the yes of two different people. */
  people?: 1 | 2
  /** What taking it back charges, in the meters' declared units; default nothing. */
  meters?: { [K in M]?: (input: I, result: Json<O> | null) => number }
  execute: Undoing<I, O, unknown>
}

/** What takes an effect back: an effect itself, of a class of its own. */
export type UndoOptions<I, O, M extends string> = EveryUndo<I, O, M> &
  (
    | { effect: 'keyed'; keyRemembered: Duration; concurrent?: boolean; attempts?: number }
    | { effect: 'checked'; check: Undoing<I, O, Found<unknown>>; readBack?: boolean; attempts?: number }
    | { effect: 'once'; isolate?: 'process' | 'none'; module?: string }
  )

/** The arguments of an undo as they are written down; parsed, `input` is what the tool's own schema makes of it. */
export interface UndoWire {
  readonly input: JsonValue
  readonly result: JsonValue
  /** The effect: its step, its key in plain text, its attempt. */
  readonly of: { readonly step: string; readonly key: string; readonly attempt: number }
}
type UndoInput = Omit<UndoWire, 'input'> & { readonly input: unknown }

/** All options at once, as they look when the discriminated union is read loosely. */
export interface LooseUndo {
  effect: EffectClass
  timeout?: Duration
  settles?: Duration
  lane?: string
  people?: 1 | 2
  attempts?: number
  keyRemembered?: Duration
  concurrent?: boolean
  readBack?: boolean
  isolate?: 'process' | 'none'
  module?: string
  meters?: Readonly<Record<string, (input: unknown, result: unknown) => number>>
  check?(input: unknown, result: unknown, call: UndoCall): Promise<Found<unknown>>
  execute(input: unknown, result: unknown, call: UndoCall): Promise<unknown>
}

/** What the undo of a tool is called: no tool can have such a name. */
export const undoName = (tool: string): string => `${tool}.undo`

/** The tool of this name, or what takes one back. */
export function specNamed(tools: ReadonlyMap<string, ToolSpec>, name: string): ToolSpec | null {
  const spec = tools.get(name)
  if (spec) return spec
  const { undo } = tools.get(name.replace(/\.undo$/, '')) ?? {}
  return typeof undo === 'object' && undo.name === name ? undo : null
}

/** The undo of a tool as a tool of its own. Throws `invalid_definition`. */
export function undoOf(of: ToolSpec, undo: LooseUndo): ToolSpec {
  checkUndo(of, undo)
  const { effect, people = 1, keyRemembered, meters = {}, check: found } = undo
  const told = (call: Call, { of: it }: UndoInput): UndoCall => ({ ...call, signal: call.signal, undoes: it.key })
  const given = (input: unknown) => input as UndoInput
  const spec: ToolSpec = {
    name: undoName(of.name),
    description: `Takes back: ${of.description}`,
    effect,
    input: inputOf(of.input),
    output: null,
    jsonSchema: {},
    timeoutMs: undo.timeout === undefined ? of.timeoutMs : durationMs(undo.timeout),
    settlesMs: undo.settles === undefined ? of.settlesMs : durationMs(undo.settles),
    lane: undo.lane ?? of.lane,
    attempts: undo.attempts ?? DEFAULT_ATTEMPTS[effect],
    keyRememberedMs: keyRemembered === undefined ? 0 : durationMs(keyRemembered),
    concurrent: undo.concurrent ?? false,
    repeat: 'first_result',
    readBack: undo.readBack ?? false,
    isolate: effect === 'once' ? (undo.isolate ?? 'process') : 'none',
    module: undo.module ?? of.module,
    // One for each attempt that was confirmed: what was taken back and done again may be taken back again.
    key: (input) => `${given(input).of.key}|undo:${given(input).of.attempt}`,
    undoes: {
      tool: of.name,
      key: (input) => given(input).of.key,
      attempt: (input) => given(input).of.attempt,
    },
    people,
    locks: of.locks && ((input) => of.locks?.(given(input).input) ?? []),
    meters: Object.fromEntries(
      Object.entries(meters).map(([name, amount]) => [
        name,
        (input: unknown) => amount(given(input).input, given(input).result),
      ]),
    ),
    check: found
      ? (input, call) => found.call(undo, given(input).input, given(input).result, told(call, given(input)))
      : null,
    execute: (input, call) => undo.execute(given(input).input, given(input).result, told(call, given(input))),
  }
  return Object.freeze(spec)
}

function checkUndo(of: ToolSpec, undo: LooseUndo): void {
  const wrong = (what: string) => new MidwatchError('invalid_definition', `undo of tool '${of.name}': ${what}`)
  const { effect, attempts = 1, timeout, people = 1 } = undo
  if (of.effect === 'read') throw wrong('a read has nothing to take back.')
  if (effect !== 'keyed' && effect !== 'checked' && effect !== 'once')
    throw wrong('its effect is keyed, checked or once.')
  if (typeof undo.execute !== 'function') throw wrong('it needs an execute function.')
  if (effect === 'checked' && !undo.check) throw wrong("effect 'checked' needs a check function.")
  if (effect === 'keyed' && !undo.keyRemembered) throw wrong("effect 'keyed' needs keyRemembered, such as '24h'.")
  if (effect === 'once' && undo.attempts !== undefined) throw wrong("effect 'once' has one attempt.")
  if (undo.readBack && !undo.check) throw wrong('readBack needs a check function.')
  if (!Number.isInteger(attempts) || attempts < 1) throw wrong('attempts is a whole number from 1.')
  if (timeout !== undefined && durationMs(timeout) < 1) throw wrong('a timeout is at least 1ms.')
  if (people !== 1 && people !== 2) throw wrong('people is 1 or 2.')
  const meter = Object.keys(undo.meters ?? {}).find((name) => !Object.hasOwn(of.meters, name))
  if (meter !== undefined) throw wrong(`the tool does not charge the meter '${meter}'.`)
}

/** Takes the arguments of an undo, with the tool's own arguments as that tool's schema gives them. */
function inputOf(input: Schema): Schema {
  const validate = async (value: unknown) => {
    const wire = value as UndoWire
    const parsed = await check(input, wire.input)
    if (!parsed.ok) return { issues: [{ message: parsed.issues }] }
    return { value: { input: parsed.value, result: toJson(wire.result), of: wire.of } }
  }
  const jsonSchema = { input: () => ({}), output: () => ({}) }
  return { '~standard': { version: 1, vendor: 'midwatch', validate, jsonSchema } } as unknown as Schema
}
