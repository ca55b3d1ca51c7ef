import type { JsonValue } from '../core/json.js'

/** What a rule may look at: only what the journal holds. */
export interface Facts {
  /** Steps begun so far. */
  readonly step: number
  /** Used so far on the run's own meters, in smallest units. */
  readonly used: Readonly<Record<string, number>>
  /**
   * True when a call of this tool is confirmed, with arguments that hold `match` and a result that holds `result`: not one
   * that was refused, that failed, or that is still in doubt. A repeat that got its first result counts.
   */
  did(tool: { readonly name: string }, match?: object, result?: object): boolean
  /** The stage that the run is in; null for an agent without stages. */
  readonly stage: string | null
  readonly tenant: string
  /** How sure the agent is of this very call, from 0 to 1; null where its policy has nobody asked. */
  readonly confidence: number | null
  /** Names of the compensation signals that the run has given so far, each as often as it did. */
  readonly signals: readonly string[]
}

/** A confirmed call, as facts remember it. */
export interface Done {
  readonly tool: string
  readonly input: JsonValue
  /** Of a large one the head, as the model saw it. */
  readonly output?: JsonValue
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

/** Nothing asked for is held by anything, a bare value too. */
const matches = (input: JsonValue, match: object): boolean => Object.keys(match).length === 0 || holds(input, match)

export function factsOf(seen: {
  steps: number
  used: Record<string, number>
  done: readonly Done[]
  tenant: string
  stage?: string | null
  signals?: readonly string[]
  confidence?: number | null
}): Facts {
  return {
    step: seen.steps,
    used: seen.used,
    tenant: seen.tenant,
    stage: seen.stage ?? null,
    confidence: seen.confidence ?? null,
    did: (tool, match = {}, result) =>
      seen.done.some(
        (d) => d.tool === tool.name && matches(d.input, match) && (result === undefined || holds(d.output, result)),
      ),
    signals: seen.signals ?? [],
  }
}
