import { MidwatchError } from '../../core/errors.js'
import { canonical, type JsonValue, toJson } from '../../core/json.js'
import { check, type JsonSchema } from '../../tools/schema.js'
import type { ToolSpec } from '../../tools/tool.js'
import type { Chance } from '../chance.js'
import { exampleOf } from './example-value.js'

/** Made once for each output schema: many cases are played with one. */
const schemas = new WeakMap<object, JsonSchema | null>()

/**
 * What a tool of these schemas might answer: the same input, the same answer. Without an output schema it echoes its input.
 * Throws `invalid_definition` where no value can be made that fits.
 */
export async function generatedResult(spec: ToolSpec, input: unknown, chance: Chance): Promise<JsonValue> {
  const wire = toJson(input)
  if (spec.output === null) return wire
  const known = schemas.get(spec.output)
  const schema = known === undefined ? outputSchema(spec) : known
  schemas.set(spec.output, schema)
  const value = schema === null ? wire : exampleOf(schema, chance.fork(`${spec.name}|${canonical(wire)}`))
  const fits = await check(spec.output, value)
  if (fits.ok) return value
  throw new MidwatchError(
    'invalid_definition',
    `No result of '${spec.name}' can be made from its output schema (${fits.issues}); write a stand-in for it.`,
  )
}

/** JSON Schema of what the tool's output schema takes; null where the schema has none. */
function outputSchema(spec: ToolSpec): JsonSchema | null {
  const standard = spec.output?.['~standard'] as
    | { readonly jsonSchema?: { input(options: { target: string }): JsonSchema } }
    | undefined
  try {
    return standard?.jsonSchema?.input({ target: 'draft-07' }) ?? null
  } catch {
    return null
  }
}
