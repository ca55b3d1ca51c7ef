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

/** The value as it will come back from a journal. Lone surrogates become U+FFFD; `undefined` becomes null. */
export function toJson(value: unknown): JsonValue {
  const text = JSON.stringify(value)
  if (text === undefined) return null
  return JSON.parse(text, LONE_SURROGATE.test(text) ? mend : undefined) as JsonValue
}

/** RFC 8785 canonical JSON text of a value: the only form that is ever hashed. */
export function canonical(value: unknown): string {
  return canonicalizeValue(toJson(value)) ?? 'null'
}
