import type { JsonValue } from '../../core/json.js'
import { isMarked } from '../../tools/private.js'
import type { JsonSchema } from '../../tools/schema.js'
import { admits, fieldPlaces, itemPlaces, namePlaces } from './described.js'
import { type Place, spread } from './schema-place.js'

/** Stands in place of what somebody may not see. */
export const PRIVATE = '[private]'

/** Nested deeper than this nothing is shown. */
const DEPTH_AT_MOST = 100

/**
 * What may be shown of a value to those who may not see private fields: what some of these schemas describe and none of them,
 * in any branch, marks. What nothing describes is hidden with its name, for a model may write a private value into a field
 * of its own making; so is what has another form than was said. Pure.
 */
export function redacted(value: JsonValue, schemas: readonly JsonSchema[]): JsonValue {
  return shown(
    value,
    schemas.map((root) => ({ at: root, root })),
    0,
  )
}

function shown(value: JsonValue, given: readonly Place[], depth: number): JsonValue {
  const places = spread(given)
  if (places.length === 0 || depth > DEPTH_AT_MOST || places.some(({ at }) => isMarked(at))) return PRIVATE
  if (typeof value !== 'object' || value === null) return places.some((place) => admits(place, value)) ? value : PRIVATE
  if (Array.isArray(value)) {
    return value.map((item: JsonValue, i) =>
      shown(
        item,
        places.flatMap((place) => itemPlaces(place, i)),
        depth + 1,
      ),
    )
  }
  return fields(value as Readonly<Record<string, JsonValue>>, places, depth)
}

function fields(value: Readonly<Record<string, JsonValue>>, places: readonly Place[], depth: number): JsonValue {
  if (spread(places.flatMap(namePlaces)).some(({ at }) => isMarked(at))) return PRIVATE
  const told = Object.entries(value).map(([name, field]): [string, JsonValue] => {
    const below = places.flatMap((place) => fieldPlaces(place, name))
    return below.length === 0 ? [PRIVATE, PRIVATE] : [name, shown(field, below, depth + 1)]
  })
  return Object.fromEntries(told)
}
