import type { JsonSchema } from '../../tools/schema.js'

/** A schema where it stands: references in it are of `root`. */
export interface Place {
  readonly at: JsonSchema
  readonly root: JsonSchema
}

const ANY: JsonSchema = {}
/** Stands for a reference that leads nowhere, or out of the document: what it would say is not known. */
const UNKNOWN: JsonSchema = { private: true }
const OTHER_REFERENCES = ['$dynamicRef', '$recursiveRef'] as const
const ALTERNATIVES = ['allOf', 'anyOf', 'oneOf'] as const
const CONDITIONS = ['if', 'then', 'else'] as const
const DEPENDENT = ['dependentSchemas', 'dependencies'] as const

/**
 * Every schema that may have a say about the value in a place: through references and all branches of unions. Which branch it
 * is of is not asked, for a value that fits none would be of none.
 */
export function spread(places: readonly Place[]): Place[] {
  const found = new Map<JsonSchema, Place>()
  const open = [...places]
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (found.has(place.at)) continue
    found.set(place.at, place)
    open.push(...branches(place))
  }
  return [...found.values()]
}

function branches({ at, root }: Place): Place[] {
  const own = (key: string) => (Object.hasOwn(at, key) ? at[key] : undefined)
  const lists = ALTERNATIVES.flatMap((key) => listOf(own(key)))
  const conditions = CONDITIONS.map(own)
  const dependent = DEPENDENT.flatMap((key) =>
    Object.values(asObject(own(key)) ?? {}).filter((one) => !Array.isArray(one)),
  )
  const dynamic = OTHER_REFERENCES.some((key) => own(key) !== undefined) ? [UNKNOWN] : []
  const ref = own('$ref')
  const target = ref === undefined ? [] : [typeof ref === 'string' ? resolved(ref, root) : UNKNOWN]
  return placesOf([...lists, ...conditions, ...dependent, ...dynamic, ...target], root)
}

/** Those of some values that are schemas. `true` takes anything, `false` nothing. */
export function placesOf(values: readonly unknown[], root: JsonSchema): Place[] {
  return values.flatMap((value) => {
    const at = value === true ? ANY : asObject(value)
    return at === undefined ? [] : [{ at, root }]
  })
}

/** `#/definitions/a~1b`, by JSON pointer. */
function resolved(ref: string, root: JsonSchema): unknown {
  if (ref === '#') return root
  if (!ref.startsWith('#/')) return UNKNOWN
  let at: unknown = root
  for (const part of ref.slice(2).split('/')) {
    const key = unescaped(part)
    if (typeof at !== 'object' || at === null || key === null || !Object.hasOwn(at, key)) return UNKNOWN
    at = (at as JsonSchema)[key]
  }
  return typeof at === 'boolean' || asObject(at) ? at : UNKNOWN
}

function unescaped(part: string): string | null {
  try {
    return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
  } catch {
    return null
  }
}

export const asObject = (value: unknown): JsonSchema | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonSchema) : undefined

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
