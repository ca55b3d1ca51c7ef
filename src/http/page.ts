import type { Caller } from '../core/access.js'
import { sha256 } from '../core/digest.js'
import { MidwatchError } from '../core/errors.js'
import { canonical } from '../core/json.js'

/** Of a list: who asks, and which list. A cursor of one is none of another. */
export interface ListOf {
  readonly caller: Caller
  readonly path: string
  readonly filter: unknown
}

/**
 * Where the next page begins, as text that nobody should read. It says only where, never what may be seen: each page asks the
 * ledger by the caller's own tenants again, so a forged one shows nothing that a list without it would not.
 */
export function cursorOf(at: readonly (string | number)[], list: ListOf): string {
  return Buffer.from(JSON.stringify([markOf(list), ...at])).toString('base64url')
}

/** Throws `invalid_cursor` for one that was not made for this list. `kinds`: of its parts, in order. */
export function readCursor<T extends readonly ('string' | 'number')[]>(
  text: string | undefined,
  list: ListOf,
  kinds: T,
): { [K in keyof T]: T[K] extends 'string' ? string : number } | null {
  if (text === undefined) return null
  const [mark, ...at] = partsOf(text)
  const fits = mark === markOf(list) && at.length === kinds.length && at.every((one, i) => isOf(one, kinds[i]))
  if (!fits) throw new MidwatchError('invalid_cursor', 'This cursor is none of this list; begin again without one.')
  return at as never
}

function isOf(value: unknown, kind: string | undefined): boolean {
  if (kind === 'number') return Number.isSafeInteger(value)
  return typeof value === 'string' && !value.includes('\u0000') && value.isWellFormed()
}

const markOf = ({ caller, path, filter }: ListOf): string =>
  sha256(canonical([path, filter ?? null, caller.tenants])).slice(0, 12)

function partsOf(text: string): unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
    return Array.isArray(parts) ? parts : []
  } catch {
    return []
  }
}
