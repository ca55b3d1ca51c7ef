import type { JsonValue } from '../../core/json.js'
import type { Outcome } from '../../core/states.js'
import { PRIVATE } from './redacted.js'
import type { Veil } from './veil.js'

/** Names, ids, numbers and decisions, by which a note explains itself. None of them is made of a value. */
const PLAIN: ReadonlySet<string> = new Set([
  ...['id', 'kind', 'tool', 'chain', 'child', 'agent', 'version', 'share', 'approval', 'ref', 'did', 'until', 'run'],
  ...['code', 'before', 'by', 'decision', 'rows', 'done', 'not', 'atOnce', 'admitted', 'since', 'expected', 'asked'],
  ...['fingerprint', 'scope', 'meter', 'per', 'used', 'reserved', 'amount', 'limit', 'opensAt', 'attempt', 'numbers'],
  ...['from', 'to', 'holder', 'of', 'confidence', 'below', 'samples', 'agreed', 'model', 'usdMicros', 'name'],
  ...['cause', 'breaker', 'stands', 'calls', 'retries', 'allowed', 'after'],
])

type Detail = Readonly<Record<string, JsonValue | undefined>>

/**
 * The detail of a note, or what a person is shown. `given` is the veil over what stands under `input` where no tool is named:
 * the run's own, or that of the run that was called; null where it is not known.
 */
export function detailShown(detail: JsonValue, veil: Veil, given: Veil | null): JsonValue {
  if (typeof detail !== 'object' || detail === null || Array.isArray(detail)) return veil.words(detail)
  const fields = detail as Detail
  const tool = typeof fields.tool === 'string' ? fields.tool : null
  const told = Object.entries(fields).map(([key, value = null]): [string, JsonValue] => {
    // A model may call a tool by a name of its own making.
    if (key === 'tool' && tool !== null) return [key, isNamed(tool, veil) ? tool : PRIVATE]
    if (key === 'input') return [key, inputShown(value, tool, veil, given)]
    return [key, fieldShown(key, value, veil, given)]
  })
  return Object.fromEntries(told)
}

const isNamed = (tool: string, veil: Veil): boolean =>
  veil.mode === 'plain' || tool === 'model' || veil.tool(tool) !== null

function inputShown(value: JsonValue, tool: string | null, veil: Veil, given: Veil | null): JsonValue {
  if (tool !== null) return veil.given(tool, value)
  return given === null ? PRIVATE : given.value(value, given.input)
}

function fieldShown(key: string, value: JsonValue, veil: Veil, given: Veil | null): JsonValue {
  if (key === 'show' || key === 'next') return detailShown(value, veil, given)
  if (key === 'value') return veil.value(value, veil.state)
  if (key === 'outcome') return outcomeShown(value, veil)
  // A lock is named by what its tool was given, and this may be of a tool that is not declared.
  if (key === 'lock' && value !== null) return veil.isClear ? value : PRIVATE
  return PLAIN.has(key) ? value : veil.words(value)
}

function outcomeShown(value: JsonValue, veil: Veil): JsonValue {
  const isOutcome = typeof value === 'object' && value !== null && 'status' in value
  return isOutcome ? veil.ended(value as unknown as Outcome<JsonValue>, veil.outcome) : veil.words(value)
}
