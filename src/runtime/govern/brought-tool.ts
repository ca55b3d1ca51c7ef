import type { Duration } from '../../core/time.js'
import { anyJson } from '../../tools/any-json.js'
import {
  type AnyTool,
  type Call,
  type Found,
  type KeyFrom,
  type Repeat,
  type ToolSpec,
  tool,
} from '../../tools/tool.js'

// biome-ignore lint/suspicious/noExplicitAny: the input of somebody else's tool, as its own schema gave it
type Input = any

interface EveryEffect {
  readonly key?: (input: Input, from: KeyFrom) => string
  readonly repeat?: Repeat
  readonly timeout?: Duration
  readonly settles?: Duration
  readonly lane?: string
  readonly locks?: (input: Input) => string | string[]
  /** Amounts in the meters' declared units. */
  readonly meters?: Readonly<Record<string, (input: Input) => number>>
}

/** What is said of a tool that is brought along: its effect class, and what that class needs, as for any Midwatch tool. */
export type BroughtEffect =
  | 'read'
  | 'once'
  | (EveryEffect & { readonly effect: 'read' | 'once' })
  | (EveryEffect & {
      readonly effect: 'keyed'
      readonly keyRemembered: Duration
      readonly concurrent?: boolean
      readonly attempts?: number
    })
  | (EveryEffect & {
      readonly effect: 'checked'
      readonly attempts?: number
      check(input: Input, call: Call): Promise<Found<unknown>>
    })

/**
 * The tool as the ledger knows it. Its input was checked by the loop that it came with, and what it does is said by each
 * call. It runs in this process: a closure of somebody else's cannot be loaded in another. Throws `invalid_definition`.
 */
export function broughtTool(name: string, said: BroughtEffect): AnyTool {
  const options = typeof said === 'string' ? { effect: said } : said
  const isolate = options.effect === 'once' ? { isolate: 'none' } : {}
  const execute = () => Promise.reject(new Error('Nobody said what the call does.'))
  const all = { name, description: '', input: anyJson, execute, ...isolate, ...options }
  return tool(all as unknown as Parameters<typeof tool>[0]) as unknown as AnyTool
}

/** The tool for one call: with what that call does. */
export function callOnce(spec: ToolSpec, execute: (call: Call) => Promise<unknown>): ToolSpec {
  return { ...spec, execute: (_input, call) => execute(call) }
}
