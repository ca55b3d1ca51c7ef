import { sha256 } from '../../core/digest.js'
import type { JsonValue } from '../../core/json.js'

/** Bytes as JSON: whole, for what goes back to a loop, or as a digest, for what is only compared. */
export const BYTES = {
  whole: (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64'),
  digest: (bytes: Uint8Array): string => `sha256:${sha256(Buffer.from(bytes))}`,
} as const

/** Somebody else's value as JSON: bytes as told, dates and addresses as texts, what is undefined left out. */
export function plain(value: unknown, bytes: (bytes: Uint8Array) => string): JsonValue {
  const text = JSON.stringify(value, function (this: Record<string, unknown>, key, field) {
    // Buffers have a form of their own in JSON: the value itself is looked at.
    const itself = this[key]
    return itself instanceof Uint8Array ? bytes(itself) : typeof field === 'bigint' ? String(field) : field
  })
  return text === undefined ? null : (JSON.parse(text) as JsonValue)
}
