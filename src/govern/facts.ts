import type { JsonValue } from '../core/json.js'

/** What a rule may look at: only what the journal holds. */
export interface Facts {
  /** Steps begun so far. */
  readonly step: number
  /** Used so far on the run's own meters, in smallest units. */
  readonly used: Readonly<Record<string, number>>
  /** True when this tool was confirmed in this run with arguments that hold `match`. */
  did(tool: { readonly name: string }, match?: object): boolean
  readonly tenant: string
}

/** A confirmed call, as facts remember it. */
export interface Done {
  readonly tool: string
  readonly input: JsonValue
}

/** True where `whole`, which is JSON, holds every field of `part`, deeply. What has no form in JSON is held by nothing. */
export function holds(whole: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return whole === part
  if ('toJSON' in part && typeof part.toJSON === 'function') return holds(whole, part.toJSON())
  if (typeof whole !== 'object' || whole === null || Array.isArray(whole) !== Array.isArray(part)) return false
  if (!Array.isArray(part) && !isPlain(part)) return false
  return Object.entries(part).every(([key, value]) => holds((whole as Record<string, unknown>)[key], value))
}

function isPlain(part: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(part)
  return prototype === null || prototype === Object.prototype
}

export function factsOf(seen: {
  steps: number
  used: Record<string, number>
  done: readonly Done[]
  tenant: string
}): Facts {
  return {
    step: seen.steps,
    used: seen.used,
    tenant: seen.tenant,
    did: (tool, match) => seen.done.some((d) => d.tool === tool.name && (match === undefined || holds(d.input, match))),
  }
}
