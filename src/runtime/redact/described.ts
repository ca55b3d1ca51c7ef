import { hasMark } from '../../tools/private.js'
import { asObject, listOf, type Place, placesOf } from './schema-place.js'

/** What a schema says by others alone: it describes nothing of its own. */
const WRAPPING = ['$ref', '$dynamicRef', '$recursiveRef', 'allOf', 'anyOf', 'oneOf', 'if', 'not'] as const
const OF_OBJECTS = [
  ...['properties', 'patternProperties', 'additionalProperties', 'unevaluatedProperties'],
  ...['propertyNames', 'dependentSchemas', 'dependencies'],
]
const OF_ARRAYS = ['items', 'prefixItems', 'additionalItems', 'unevaluatedItems', 'contains']

/** The schemas of one field; none where nothing describes it. */
export function fieldPlaces({ at, root }: Place, name: string): Place[] {
  const properties = asObject(at.properties) ?? {}
  const named = Object.hasOwn(properties, name) ? [properties[name]] : []
  const patterns = Object.entries(asObject(at.patternProperties) ?? {}).filter(([pattern]) => matches(pattern, name))
  const fitting = [...named, ...patterns.map(([, schema]) => schema)]
  const rest = fitting.length > 0 ? [] : [at.additionalProperties, at.unevaluatedProperties]
  return placesOf([...fitting, ...rest, ...anything(at, 'object', OF_OBJECTS)], root)
}

/** The schemas of one item. */
export function itemPlaces({ at, root }: Place, i: number): Place[] {
  const first = Array.isArray(at.items) ? at.items : listOf(at.prefixItems)
  const rest = [Array.isArray(at.items) ? at.additionalItems : at.items, at.unevaluatedItems]
  const own = i < first.length ? [first[i]] : rest
  return placesOf([...own, at.contains, ...anything(at, 'array', OF_ARRAYS)], root)
}

export const namePlaces = ({ at, root }: Place): Place[] => placesOf([at.propertyNames], root)

/** A pattern that cannot be read may be meant for any name. */
function matches(pattern: string, name: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(name)
  } catch {
    return true
  }
}

/** `[true]` where the schema takes whatever there is of this kind, and says so by saying nothing of it. */
function anything(at: Place['at'], type: string, keywords: readonly string[]): readonly true[] {
  const says = (key: string) => Object.hasOwn(at, key)
  const silent = ![...WRAPPING, ...keywords, 'const', 'enum'].some(says)
  return silent && (at.type === undefined || typesOf(at).includes(type)) ? [true] : []
}

const typesOf = ({ type }: Place['at']): readonly unknown[] => (Array.isArray(type) ? type : [type])

/** Whether this schema says that such a text, number or null may stand here, and has nothing to hide that it might be. */
export function admits({ at }: Place, value: string | number | boolean | null): boolean {
  if (hasMark(at)) return false
  const asked = KEYWORDS_OF_VALUES.filter((key) => Object.hasOwn(at, key))
  if (asked.length > 0) return asked.every((key) => fits(at, key, value))
  return ![...WRAPPING, ...OF_OBJECTS, ...OF_ARRAYS].some((key) => Object.hasOwn(at, key))
}

const KEYWORDS_OF_VALUES = ['type', 'const', 'enum'] as const

function fits(
  at: Place['at'],
  key: (typeof KEYWORDS_OF_VALUES)[number],
  value: string | number | boolean | null,
): boolean {
  if (key === 'const') return at.const === value
  if (key === 'enum') return listOf(at.enum).includes(value)
  return typesOf(at).includes(typeOf(value)) || (typesOf(at).includes('integer') && Number.isInteger(value))
}

const typeOf = (value: string | number | boolean | null): string => (value === null ? 'null' : typeof value)
