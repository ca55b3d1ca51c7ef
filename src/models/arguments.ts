import type { JsonValue } from '../core/json.js'

export type Arguments =
  | { readonly ok: true; readonly args: { readonly [key: string]: JsonValue | undefined } }
  | { readonly ok: false; readonly why: string }

/**
 * Reads the JSON text of a tool call's arguments. No text means no arguments (providers differ there). What is no JSON
 * object is a returned refusal whose `why` a model can read and mend.
 */
export function readArguments(text: string): Arguments {
  if (text.trim() === '') return { ok: true, args: {} }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return { ok: true, args: value as { [key: string]: JsonValue } }
    }
    return { ok: false, why: `The arguments must be a JSON object, not ${nameOf(value)}.` }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.slice(0, 120) : 'unreadable'
    return { ok: false, why: `The arguments are not valid JSON: ${why}. Send one complete JSON object.` }
  }
}

function nameOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`
}
