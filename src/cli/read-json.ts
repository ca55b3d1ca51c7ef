import { MidwatchError } from '../core/errors.js'
import type { JsonValue } from '../core/json.js'

/** Reads JSON that was given on the command line. Throws `usage`. */
export function readJson(text: string, option: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new MidwatchError('usage', `${option} is not JSON (${why}); text needs quotes of its own: '"text"'.`, {
      cause,
    })
  }
}
