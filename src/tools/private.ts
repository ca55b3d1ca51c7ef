/** Part of a JSON Schema that is marked `private: true` is shown to approvers and admins alone (zod: `.meta({ private: true })`). */
const MARK = 'private'

/** Keywords that map names of any kind to schemas. */
export const NAMED: ReadonlySet<string> = new Set([
  ...['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependencies'],
])
/** Keywords that hold data: nothing in it is a schema. */
const DATA: ReadonlySet<string> = new Set(['default', 'const', 'enum', 'examples', 'required'])

type Node = Readonly<Record<string, unknown>>

export const isMarked = (schema: Node): boolean => schema[MARK] === true

const within = new WeakMap<object, boolean>()

/** Whether anything in it is marked, what it refers to aside. */
export function hasMark(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false
  const known = within.get(schema)
  if (known !== undefined) return known
  const found = schemasIn(schema as Node).some(hasMark) || isMarked(schema as Node)
  within.set(schema, found)
  return found
}

/** The schemas that stand in one, one step down. */
function schemasIn(schema: Node): unknown[] {
  return Object.entries(schema).flatMap(([key, value]) => {
    if (typeof value !== 'object' || value === null || DATA.has(key)) return []
    return Array.isArray(value) || NAMED.has(key) ? Object.values(value) : [value]
  })
}

/**
 * The same schema without its marks: models are not shown them, and no run is parked for a mark that was set or taken away.
 * Itself where there are none.
 */
export function withoutMarks<S extends Node>(schema: S): S {
  if (!hasMark(schema)) return schema
  const left = Object.entries(schema).filter(([key, value]) => key !== MARK || value !== true)
  return Object.fromEntries(left.map(([key, value]) => [key, DATA.has(key) ? value : below(key, value)])) as S
}

function below(key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((one) => below('', one))
  if (!NAMED.has(key)) return withoutMarks(value as Node)
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, below('', one)]))
}
