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
  } catch {
    const why = isCut(text)
      ? `they end in the middle, after ${text.length} characters`
      : 'they are not written as JSON is'
    return { ok: false, why: `The arguments are not valid JSON: ${why}. Send one complete JSON object.` }
  }
}

/**
 * Whether a text ends inside a string, an object or a list. The words of the engine's own error are not used: they change
 * with its version, and a run that was replayed under another one would find its conversation changed.
 */
function isCut(text: string): boolean {
  const bare = text.replace(/"(?:[^"\\]|\\.)*"/gs, '')
  let depth = 0
  for (const char of bare) {
    if (char === '{' || char === '[') depth += 1
    else if (char === '}' || char === ']') depth -= 1
  }
  return depth > 0 || bare.includes('"')
}

function nameOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`
}
