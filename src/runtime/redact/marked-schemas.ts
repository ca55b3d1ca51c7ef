import type { StandardSchemaV1 } from '@standard-schema/spec'
import { hasMark } from '../../tools/private.js'
import type { JsonSchema, Schema } from '../../tools/schema.js'

/** Schemas that have a say about a value; null: nothing describes it. */
export type Look = readonly JsonSchema[] | null

/** Whatever it is, it is hidden. */
const HIDDEN: readonly JsonSchema[] = [{ private: true }]

/** Of what goes over the wire, with its marks. A schema that cannot be told counts as marked. */
export function wireLook(schema: Schema): readonly JsonSchema[] {
  const told = sideOf(schema, 'input')
  return told === null ? HIDDEN : [told]
}

/**
 * Of what a schema made of a value. A transformation cannot be told in JSON Schema: beside a mark everything is hidden then, for
 * nobody knows where the marked part went.
 */
export function resultLook(schema: StandardSchemaV1): Look {
  const standard = schema['~standard'] as Partial<Schema['~standard']>
  if (!standard.jsonSchema) return null
  const whole = schema as Schema
  const [taken, made] = [sideOf(whole, 'input'), sideOf(whole, 'output', 'throw')]
  if (taken === null) return HIDDEN
  if (made !== null) return [taken, made]
  return hasMark(taken) || hasMark(sideOf(whole, 'output')) ? HIDDEN : null
}

/** `any`: what has no JSON Schema, such as a date, stands as anything. */
function sideOf(schema: Schema, side: 'input' | 'output', unrepresentable: 'any' | 'throw' = 'any'): JsonSchema | null {
  try {
    return schema['~standard'].jsonSchema[side]({
      target: 'draft-07',
      libraryOptions: { unrepresentable },
    }) as JsonSchema
  } catch {
    return null
  }
}
