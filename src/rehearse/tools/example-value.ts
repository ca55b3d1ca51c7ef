import type { JsonValue } from '../../core/json.js'
import type { JsonSchema } from '../../tools/schema.js'
import type { Chance } from '../chance.js'

/** How deep a schema that refers to itself is followed. */
const DEPTH = 8

/** A source of values: the same chance and path give the same one. */
interface Making {
  readonly root: JsonSchema
  readonly chance: Chance
  /** What its free texts begin with. */
  readonly word: string
}

/** A value that fits a JSON Schema (draft 7). Patterns are not followed: what comes of them is the caller's to check. */
export function exampleOf(schema: JsonSchema, chance: Chance, word = 'text'): JsonValue {
  return made({ root: schema, chance, word }, schema, '$', 0)
}

function made(m: Making, schema: JsonSchema, path: string, depth: number): JsonValue {
  if (depth > DEPTH) return null
  if ('const' in schema) return schema.const as JsonValue
  if (Array.isArray(schema.enum)) return pick(m, schema.enum as JsonValue[], path)
  if (typeof schema.$ref === 'string') return made(m, referred(m.root, schema.$ref), path, depth + 1)
  const some = (schema.anyOf ?? schema.oneOf) as JsonSchema[] | undefined
  if (some && some.length > 0) return made(m, pick(m, some, path), path, depth + 1)
  const all = schema.allOf as JsonSchema[] | undefined
  if (all && all.length > 0) return made(m, { ...schema, ...Object.assign({}, ...all), allOf: [] }, path, depth + 1)
  const type = Array.isArray(schema.type) ? (schema.type[0] as string) : schema.type
  return MAKERS[String(type ?? (schema.properties ? 'object' : 'any'))]?.(m, schema, path, depth) ?? null
}

type Maker = (m: Making, schema: JsonSchema, path: string, depth: number) => JsonValue
const MAKERS: Readonly<Record<string, Maker | undefined>> = {
  object: objectOf,
  array: (m, schema, path, depth) => {
    const items = schema.items as JsonSchema | JsonSchema[] | undefined
    if (Array.isArray(items)) return items.map((one, i) => made(m, one, `${path}[${i}]`, depth + 1))
    const count = Math.max(Number(schema.minItems ?? 1), 0)
    return Array.from({ length: count }, (_, i) => made(m, items ?? {}, `${path}[${i}]`, depth + 1))
  },
  string: (m, schema, path) => textOf(m, schema, path),
  integer: (m, schema, path) => numberOf(m, schema, path, 1),
  number: (m, schema, path) => numberOf(m, schema, path, 0.01),
  boolean: (m, _, path) => m.chance.of(path) < 0.5,
  any: (m, _, path) => `${m.word}-${m.chance.between(1, 999, path)}`,
}

function objectOf(m: Making, schema: JsonSchema, path: string, depth: number): JsonValue {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>)
  const required = new Set((schema.required ?? []) as string[])
  const wanted = properties.filter(([name]) => required.has(name) || depth < 3)
  return Object.fromEntries(wanted.map(([name, one]) => [name, made(m, one, `${path}.${name}`, depth + 1)]))
}

const FORMATS: Readonly<Record<string, ((n: number, word: string) => string) | undefined>> = {
  email: (n, word) => `${word}${n}@example.org`,
  uuid: (n) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
  'date-time': (n) => new Date(Date.UTC(2025, 0, 1) + n * 60_000).toISOString(),
  date: (n) => new Date(Date.UTC(2025, 0, 1) + n * 86_400_000).toISOString().slice(0, 10),
  time: (n) => `12:${String(n % 60).padStart(2, '0')}:00Z`,
  uri: (n, word) => `https://example.org/${word}/${n}`,
  ipv4: (n) => `192.0.2.${n % 255}`,
}

function textOf(m: Making, schema: JsonSchema, path: string): string {
  const n = m.chance.between(1, 999, path)
  const formed = FORMATS[String(schema.format)]?.(n, m.word)
  if (formed !== undefined) return formed
  const text = `${m.word}-${n}`.padEnd(Number(schema.minLength ?? 0), 'x')
  return text.slice(0, Number(schema.maxLength ?? text.length))
}

/** Between its bounds, in whole steps: of `multipleOf`, or else of 1 or 0.01. */
function numberOf(m: Making, schema: JsonSchema, path: string, grain: number): number {
  const step = Number(schema.multipleOf ?? grain)
  const above = schema.exclusiveMinimum === undefined ? undefined : Number(schema.exclusiveMinimum) + step
  const below = schema.exclusiveMaximum === undefined ? undefined : Number(schema.exclusiveMaximum) - step
  const least = Math.max(Number(schema.minimum ?? above ?? 1), above ?? Number.NEGATIVE_INFINITY)
  const given = Math.min(Number(schema.maximum ?? below ?? least + 99), below ?? Number.POSITIVE_INFINITY)
  const most = Math.min(given, least + 99 * Math.max(step, 1))
  const first = Math.ceil(least / step)
  const value = m.chance.between(first, Math.max(first, Math.floor(most / step)), path) * step
  return Number(value.toFixed(6))
}

function pick<T>(m: Making, list: readonly T[], path: string): T {
  return m.chance.pick(list as readonly [T, ...T[]], `${path}|which`)
}

/** What `#/definitions/Name` points at; anything goes where it points nowhere. */
function referred(root: JsonSchema, ref: string): JsonSchema {
  const parts = ref.replace(/^#\/?/, '').split('/').filter(Boolean)
  return parts.reduce<JsonSchema>((at, part) => (at[part] ?? {}) as JsonSchema, root)
}
