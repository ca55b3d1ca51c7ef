import { MidwatchError } from '../../core/errors.js'
import type { Definition } from '../../orchestrator/definition.js'
import { whole } from '../../tools/brought/from-ai-sdk.js'
import { fault } from '../../tools/fault.js'
import type { Call } from '../../tools/tool.js'
import { toolAsk } from './call-tool.js'
import { type Place, seated, untilAborted } from './place.js'

/** Tools by name, or a list of tools that have one. */
export type GovernedTools = Readonly<Record<string, object>> | readonly object[]

// biome-ignore lint/suspicious/noExplicitAny: what somebody else's tool is given and gives
type Execute = (...given: any[]) => any
type Foreign = Readonly<Record<string, unknown>> & { readonly name?: string; readonly id?: string }

/** One framework's form of a tool: which member does the work, where its abort signal is, and what its result says. */
interface Form {
  readonly method: '_call' | 'execute'
  /** Which argument holds what goes with a call, and under which name its abort signal. */
  readonly place: number
  readonly signal: 'signal' | 'abortSignal'
  /** A result that says that the call was not made; null for any other. */
  readonly notMade?: (result: unknown) => string | null
}

const LANGCHAIN: Form = { method: '_call', place: 2, signal: 'signal' }
const AI_SDK: Form = { method: 'execute', place: 1, signal: 'abortSignal' }
/** Mastra checks the input inside of the tool, and gives what is wrong as its result. */
const MASTRA: Form = {
  ...AI_SDK,
  notMade: (result) => {
    const { error, message, validationErrors } = (result ?? {}) as Record<string, unknown>
    return error === true && validationErrors !== undefined ? String(message) : null
  },
}

/** Recognised by what they have: nothing here depends on a framework. null: nothing of it runs in this process. */
function formOf(tool: Foreign): Form | null {
  if (typeof tool._call === 'function' && typeof tool.invoke === 'function') return LANGCHAIN
  if (typeof tool.execute !== 'function') return null
  return typeof tool.id === 'string' && tool.type === undefined ? MASTRA : AI_SDK
}

/**
 * The tools, in the form given, with each call a governed step. One that runs nothing here (it is answered by the loop's user,
 * or run by the provider) stays as it is. Throws `invalid_definition` for a tool of which nobody said what it changes.
 */
export function governTools<T extends GovernedTools>(tools: T, policy: Definition, place: Place): T {
  if (Array.isArray(tools)) {
    return tools.map((tool: Foreign) => wrapped(tool.name ?? tool.id ?? '', tool, policy, place)) as unknown as T
  }
  const named = Object.entries(tools as Readonly<Record<string, object>>)
  return Object.fromEntries(named.map(([name, tool]) => [name, wrapped(name, tool as Foreign, policy, place)])) as T
}

/** The tools behind wrapped ones: whatever is wrapped again has one wrapper still. */
const behind = new WeakMap<object, Foreign>()

function wrapped(name: string, given: Foreign, policy: Definition, place: Place): object {
  const tool = behind.get(given) ?? given
  const form = formOf(tool)
  if (form === null) return tool
  const spec = policy.tools.get(name)
  if (!spec) {
    throw new MidwatchError(
      'invalid_definition',
      `'${policy.name}': nobody said what its tool '${name}' changes. Add it, such as tools: { ${name}: 'read' } or { ${name}: 'once' }.`,
    )
  }
  const execute = (...given: unknown[]) => {
    const outer = signalIn(form, given)
    const ask = toolAsk(policy, spec, {
      name,
      input: given[0],
      execute: async (call) =>
        resultOf(form, await whole((tool[form.method] as Execute).apply(tool, withCall(form, given, call)))),
    })
    return seated(place, (seat) => untilAborted(seat.ask(ask), outer))
  }
  const copy = Object.create(Object.getPrototypeOf(tool), {
    ...Object.getOwnPropertyDescriptors(tool),
    [form.method]: { value: execute, enumerable: true, configurable: true, writable: true },
  })
  behind.set(copy, tool)
  return copy
}

function signalIn({ place, signal }: Form, given: readonly unknown[]): AbortSignal | undefined {
  return (given[place] as Record<string, AbortSignal | undefined> | undefined)?.[signal]
}

/** What goes with the call: as it came, with both signals as one, and Midwatch's own part: key, fence, attempt, deadline. */
function withCall(form: Form, given: readonly unknown[], call: Call): unknown[] {
  const outer = signalIn(form, given)
  const signal = outer ? AbortSignal.any([outer, call.signal]) : call.signal
  const all = [...given]
  all[form.place] = { ...(given[form.place] as object | undefined), [form.signal]: signal, midwatch: call }
  return all
}

function resultOf(form: Form, result: unknown): unknown {
  const notMade = form.notMade?.(result) ?? null
  if (notMade !== null) throw fault.permanent(notMade)
  return result
}
