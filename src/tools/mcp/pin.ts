import { argsDigest } from '../../core/digest.js'
import { canonical, type JsonValue, toJson } from '../../core/json.js'
import type { JsonSchema } from '../schema.js'

/** What a server says of a tool, as far as anything here is decided by it. */
export interface ToolPin {
  readonly description: string
  readonly inputSchema: JsonSchema
  readonly outputSchema: JsonSchema | null
  readonly annotations: Readonly<Record<string, JsonValue>>
  /** SHA-256 of the canonical JSON of all of it, with the name. */
  readonly fingerprint: string
}

/** A tool as a server lists it. */
export interface Listed {
  readonly name: string
  readonly description?: string | undefined
  readonly inputSchema: unknown
  readonly outputSchema?: unknown
  readonly annotations?: unknown
}

const PARTS = ['description', 'inputSchema', 'outputSchema', 'annotations'] as const
type Part = (typeof PARTS)[number]

export function pinOf(tool: Listed): ToolPin {
  const said = {
    description: tool.description ?? '',
    inputSchema: toJson(tool.inputSchema) as JsonSchema,
    outputSchema: (toJson(tool.outputSchema ?? null) as JsonSchema | null) ?? null,
    annotations: (toJson(tool.annotations ?? {}) ?? {}) as Record<string, JsonValue>,
  }
  return { ...said, fingerprint: fingerprintOf(tool.name, said) }
}

/** Of what stands in a pin, whatever fingerprint it claims: a file that was edited by hand shows. */
export function fingerprintOf(name: string, pin: Omit<ToolPin, 'fingerprint'>): string {
  return argsDigest([name, ...PARTS.map((part) => toJson(pin[part]))])
}

/** What became of a pinned tool: null where it is as it was. */
export type Drift = { readonly what: 'gone' } | { readonly what: 'changed'; readonly parts: readonly Part[] }

export function driftOf(pinned: ToolPin, live: ToolPin | undefined): Drift | null {
  if (live === undefined) return { what: 'gone' }
  if (live.fingerprint === pinned.fingerprint) return null
  return { what: 'changed', parts: PARTS.filter((part) => canonical(live[part]) !== canonical(pinned[part])) }
}
