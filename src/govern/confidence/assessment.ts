import type { JsonValue } from '../../core/json.js'
import { isScore } from '../../core/scores.js'

/** What a model says of something that it was asked to judge. */
export interface Assessment {
  /** From 0 to 1. */
  readonly value: number
  readonly why: string
}

/** Longest reason that is kept. */
const WHY_CHARS = 500

/** Name of the one tool that a judging model is offered, and the strict schema of its answer. */
export const ASSESS = 'assess'
export const ASSESSMENT_SCHEMA = {
  type: 'object',
  properties: {
    value: { type: 'number', minimum: 0, maximum: 1 },
    why: { type: 'string', maxLength: WHY_CHARS },
  },
  required: ['value', 'why'],
  additionalProperties: false,
} as const

/**
 * Reads the calls of a judging model, strictly: exactly one call, of that tool, with a number from 0 to 1 and a reason, and
 * nothing else. null for anything else: whoever cannot answer so is not believed in part.
 */
export function assessmentIn(
  calls: readonly { readonly name: string; readonly inputText: string }[],
): Assessment | null {
  const [call, ...more] = calls
  if (!call || more.length > 0 || call.name !== ASSESS) return null
  const given = parsed(call.inputText)
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return null
  const { value, why, ...rest } = given as Readonly<Record<string, JsonValue>>
  if (!isScore(value) || typeof why !== 'string' || Object.keys(rest).length > 0) return null
  return { value, why: why.slice(0, WHY_CHARS).toWellFormed() }
}

function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return null
  }
}
