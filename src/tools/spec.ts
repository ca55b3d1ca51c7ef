import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { EffectClass } from '../core/states.js'
import type { Halt, McpSource } from './mcp/source.js'
import type { JsonSchema, Schema } from './schema.js'

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
  /** Of a child that runs it. */
  readonly memoryMb?: number
  readonly key: ((input: unknown, from: KeyFrom) => string) | null
  /** What takes a confirmed call back; `not_needed`: nothing has to be. Left out where it cannot be. */
  readonly undo?: ToolSpec | 'not_needed'
  /** What says that it was done is not believed before `check` has found it. */
  readonly readBack?: boolean
  /** The tool and the key that a confirmed call takes back. */
  readonly undoes: {
    readonly tool: string
    readonly key: (input: unknown, from: KeyFrom) => string
    /** The very attempt that is taken back, where that is known: nothing is done when another stands, or none. */
    readonly attempt?: (input: unknown) => number
  } | null
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

/** Attempts of a tool that names none. */
export const DEFAULT_ATTEMPTS: Readonly<Record<EffectClass, number>> = { read: 3, keyed: 3, checked: 3, once: 1 }
