import { argsDigest } from '../core/digest.js'
import type { JsonValue } from '../core/json.js'
import type { Breach } from '../govern/breach.js'
import type { Facts } from '../govern/facts.js'
import type { OutOfOrder } from '../govern/stages.js'
import type { Verdict } from '../govern/verdict.js'
import { smallestUnit } from '../tools/meter.js'
import type { KeyFrom, ToolSpec } from '../tools/tool.js'
import type { Activation } from './activation.js'

/** A call that somebody wants made: checked against its schema, not yet judged. */
export interface Proposal {
  /** Step identity. */
  readonly id: string
  readonly spec: ToolSpec
  readonly wire: JsonValue
  readonly input: unknown
  /** Digest of the canonical wire arguments. */
  readonly args: string
  /** The model's stated reason. */
  readonly said?: string
  readonly rule: ((input: unknown, facts: Facts) => Verdict) | null
  readonly onBreach: (meter: string) => Breach
  /** In a flow each step is an effect of its own; in the agent loop the arguments alone tell effects apart. */
  readonly perStep: boolean
  /** The stage does not allow it: it is written down as refused, and nothing else is looked at. */
  readonly outOfOrder?: OutOfOrder
  /** The question in whose answer a person gave exactly these arguments: their word is an approval, where one is enough. */
  readonly approved?: string
}

/** Amounts of the tool's own meters for this call, smallest unit. Throws `meter_amount_invalid`. */
export function ownMeters(p: Pick<Proposal, 'spec' | 'input'>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(p.spec.meters).map(([name, amount]) => [name, smallestUnit(name, amount(p.input))]),
  )
}

/** The effect key in plain text: the tool's own, or origin + tool + arguments (+ step in flows). */
export function effectKey(
  { run, messageKey }: Pick<Activation, 'run' | 'messageKey'>,
  p: Pick<Proposal, 'spec' | 'input' | 'args' | 'perStep' | 'id'>,
): string {
  const { spec, input } = p
  if (spec.key === null) return `auto|${run.origin}|${spec.name}|${p.args}${p.perStep ? `|${p.id}` : ''}`
  return spec.key(input, keyFrom({ run, messageKey }))
}

/** What keys may be made of. */
function keyFrom({ run, messageKey }: Pick<Activation, 'run' | 'messageKey'>): KeyFrom {
  const from = { origin: run.origin, message: { key: messageKey } }
  return run.session === null ? from : { ...from, session: run.session }
}

/** The key in plain text, and its tool, that this call takes back once it is confirmed. */
export function undoneKey(
  run: Pick<Activation, 'run' | 'messageKey'>,
  { spec, input }: Pick<Proposal, 'spec' | 'input'>,
): { readonly tool: string; readonly key: string; readonly attempt?: number } | null {
  if (spec.undoes === null) return null
  const { tool, key, attempt } = spec.undoes
  return { tool, key: key(input, keyFrom(run)), ...(attempt && { attempt: attempt(input) }) }
}

/** The key of an effect that a person asked for once more. */
export function keyAgain(key: string, again: string | null): string {
  return again === null ? key : `${key}|again:${again}`
}

/** Names that the call holds alone within its tenant, sorted, without doubles. */
export function lockNames(p: Proposal): string[] {
  if (p.spec.locks === null) return []
  const names = p.spec.locks(p.input)
  return [...new Set(typeof names === 'string' ? [names] : names)].sort()
}

export function digestOf(wire: unknown): string {
  return argsDigest(wire)
}
