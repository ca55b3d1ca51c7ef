import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import { fromJSONSchema } from 'zod'
import { MidwatchError } from '../../core/errors.js'
import type { JsonSchema, Schema } from '../schema.js'

/** What `jsonSchema()` and `zodSchema()` of the AI SDK make, as far as it is used here. */
interface AiSdkSchema {
  readonly jsonSchema: JsonSchema | PromiseLike<JsonSchema>
  readonly validate?: (value: unknown) => Validated | PromiseLike<Validated>
}
type Validated =
  | { readonly success: true; readonly value: unknown }
  | { readonly success: false; readonly error: Error }

/**
 * The input schema of an AI SDK tool as one that validates and gives JSON Schema: zod's as it is, `jsonSchema()` by its own
 * `validate` or, where it has none, by what it says. Throws `invalid_definition` for one that has to be waited for.
 */
export function brought(schema: unknown, owner: string): Schema {
  const found = typeof schema === 'function' && !('~standard' in schema) ? schema() : schema
  const standard = (found as Partial<Schema> | null)?.['~standard'] as Partial<StandardJSONSchemaV1.Props> | undefined
  if (standard?.jsonSchema) return found as Schema
  const made = found as AiSdkSchema | null
  if (typeof made?.jsonSchema !== 'object' || made.jsonSchema === null || 'then' in made.jsonSchema) {
    throw new MidwatchError(
      'invalid_definition',
      `${owner}: its inputSchema gives no JSON Schema at once. Use a zod 4 schema or jsonSchema({ … }).`,
    )
  }
  return validating(made, made.jsonSchema)
}

function validating({ validate }: AiSdkSchema, shown: JsonSchema): Schema {
  const said = () => fromJSONSchema(shown as Parameters<typeof fromJSONSchema>[0]) as unknown as Schema
  const check = validate
    ? async (value: unknown): Promise<StandardSchemaV1.Result<unknown>> => {
        const result = await validate(value)
        return result.success ? { value: result.value } : { issues: [{ message: result.error.message }] }
      }
    : said()['~standard'].validate
  const jsonSchema = { input: () => shown, output: () => shown }
  return { '~standard': { version: 1, vendor: 'ai', validate: check, jsonSchema } }
}
