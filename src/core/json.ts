import canonicalizeValue from 'canonicalize'

/** Whatever survives JSON.parse(JSON.stringify(x)). */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined }

/** The type a value has when it comes back from a journal: a Date is a string, a function is never. */
export type Json<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends { toJSON(): infer J }
    ? Json<J>
    : T extends (...args: never[]) => unknown
      ? never
      : T extends readonly (infer E)[]
        ? Json<E>[]
        : // biome-ignore lint/suspicious/noExplicitAny: any Map or Set at all is refused
          T extends Map<any, any> | Set<any> | bigint | symbol
          ? never
          : T extends object
            ? { [K in keyof T]: Json<T[K]> }
            : T

/** JSON.stringify writes a lone surrogate as an escape; nothing else needs mending. */
const LONE_SURROGATE = /\\ud[89a-f]/

/** A reviver: names of fields may carry lone surrogates as well as texts. */
function mend(_key: string, value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key.toWellFormed(), field]))
}

/** Stands for a value whose form in JSON only JSON.stringify can tell. */
const STRANGE = Symbol('strange')
/** Nested deeper than this it is left to JSON.stringify, which also tells of circles. */
const DEPTH_AT_MOST = 64
/** Numbers stand first in an object whatever they are called: their order cannot be chosen. */
const FIRST_DIGIT = 48
const LAST_DIGIT = 57

/**
 * A copy of what is JSON already (plain objects, arrays, texts, numbers), made without its text; STRANGE for the rest. With
 * `isSorted` fields are in canonical order. undefined is what an object leaves out.
 */
function copyOf(value: unknown, isSorted: boolean, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? value : STRANGE
    case 'number':
      return Number.isFinite(value) ? value + 0 : null
    case 'boolean':
    case 'undefined':
      return value
    case 'object':
      if (value === null) return null
      if (depth > DEPTH_AT_MOST || !isPlain(value)) return STRANGE
      return Array.isArray(value) ? copyOfList(value, isSorted, depth + 1) : copyOfFields(value, isSorted, depth + 1)
    default:
      return STRANGE
  }
}

function copyOfList(list: readonly unknown[], isSorted: boolean, depth: number): unknown {
  const copy: unknown[] = []
  for (let i = 0; i < list.length; i += 1) {
    const item = copyOf(list[i], isSorted, depth)
    if (item === STRANGE) return STRANGE
    copy.push(item ?? null)
  }
  return copy
}

function copyOfFields(fields: object, isSorted: boolean, depth: number): unknown {
  const copy: Record<string, unknown> = {}
  const keys = Object.keys(fields)
  for (const key of isSorted ? sorted(keys) : keys) {
    const field = copyOf((fields as Record<string, unknown>)[key], isSorted, depth)
    if (field === STRANGE || isStrangeKey(key, isSorted)) return STRANGE
    if (field !== undefined) copy[key] = field
  }
  return copy
}

function sorted(keys: string[]): string[] {
  for (let i = 1; i < keys.length; i += 1) if ((keys[i - 1] ?? '') > (keys[i] ?? '')) return keys.sort()
  return keys
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  const usual = prototype === Object.prototype || prototype === null || Array.isArray(value)
  return usual && typeof (value as { toJSON?: unknown }).toJSON !== 'function'
}

function isStrangeKey(key: string, isSorted: boolean): boolean {
  if (key === '__proto__' || !key.isWellFormed()) return true
  const first = key.charCodeAt(0)
  return isSorted && first >= FIRST_DIGIT && first <= LAST_DIGIT
}

/** True for plain JSON whose fields are in canonical order: then its text is canonical. */
function isInOrder(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value === 'function' || typeof value === 'bigint') return false
  if (typeof value !== 'object' || value === null) return true
  if (depth > DEPTH_AT_MOST || !isPlain(value)) return false
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i += 1) if (!isInOrder(value[i], depth + 1)) return false
    return true
  }
  let before = ''
  for (const key of Object.keys(value)) {
    if (key < before || !key.isWellFormed() || !isInOrder((value as Record<string, unknown>)[key], depth + 1))
      return false
    before = key
  }
  return true
}

/** By way of the text, which knows every form. */
function throughText(value: unknown): JsonValue {
  const text = JSON.stringify(value)
  if (text === undefined) return null
  return JSON.parse(text, LONE_SURROGATE.test(text) ? mend : undefined) as JsonValue
}

/** The value as it will come back from a journal. Lone surrogates become U+FFFD; `undefined` becomes null. */
export function toJson(value: unknown): JsonValue {
  const copy = copyOf(value, false, 0)
  return copy === STRANGE ? throughText(value) : ((copy ?? null) as JsonValue)
}

/** The same with its fields in canonical order, as a replay finds them. */
export function inOrder(value: unknown): JsonValue {
  const copy = copyOf(value, true, 0)
  return copy === STRANGE ? (JSON.parse(canonical(value)) as JsonValue) : ((copy ?? null) as JsonValue)
}

/** RFC 8785 canonical JSON text of a value: the only form that is ever hashed. */
export function canonical(value: unknown): string {
  const ordered = isInOrder(value, 0) ? value : copyOf(value, true, 0)
  return ordered === STRANGE ? (canonicalizeValue(throughText(value)) ?? 'null') : (JSON.stringify(ordered) ?? 'null')
}

/** Bytes of the JSON text of a value where they are more than `most`, else null: that is known without the text. */
export function bytesBeyond(most: number, json: JsonValue): number | null {
  if (bytesAtMost(json) <= most) return null
  const bytes = Buffer.byteLength(JSON.stringify(json))
  return bytes > most ? bytes : null
}

/** No character takes more than six bytes, as `\u001f` does. */
const CHAR_BYTES = 6
const OTHER_BYTES = 32

function bytesAtMost(json: JsonValue | undefined): number {
  if (typeof json === 'string') return OTHER_BYTES + CHAR_BYTES * json.length
  if (typeof json !== 'object' || json === null) return OTHER_BYTES
  let sum = OTHER_BYTES
  for (const [key, field] of Object.entries(json)) sum += OTHER_BYTES + CHAR_BYTES * key.length + bytesAtMost(field)
  return sum
}
