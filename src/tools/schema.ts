import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import { MidwatchError } from '../core/errors.js'
import { withoutMarks } from './private.js'

/** A schema that validates *and* gives JSON Schema: a model must be shown what the ledger will check. */
export type Schema<I = unknown, O = I> = StandardSchemaV1<I, O> & StandardJSONSchemaV1<I, O>
export type OutputOf<S extends Schema> = StandardSchemaV1.InferOutput<S>
export type JsonSchema = Record<string, unknown>

/** JSON Schema (draft 7) of what goes over the wire, without what is marked in it. Throws `invalid_definition` where the schema has none. */
export function jsonSchemaOf(schema: Schema, owner: string): JsonSchema {
  try {
    const { $schema, ...rest } = schema['~standard'].jsonSchema.input({ target: 'draft-07' }) as JsonSchema
    return withoutMarks(rest)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new MidwatchError(
      'invalid_definition',
      `${owner}: its schema cannot be shown as JSON Schema (${why}). Use plain JSON types, such as z.iso.datetime() for a date.`,
      { cause },
    )
  }
}

export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly issues: string }

/** Validates a wire value, at once where the schema does; issues are one line that a model or a person can act on. */
export function check<O>(schema: StandardSchemaV1<unknown, O>, wire: unknown): Checked<O> | Promise<Checked<O>> {
  const result = schema['~standard'].validate(wire)
  return 'then' in result ? Promise.resolve(result).then(checkedOf) : checkedOf(result)
}

function checkedOf<O>(result: StandardSchemaV1.Result<O>): Checked<O> {
  if (!result.issues) return { ok: true, value: result.value }
  return { ok: false, issues: result.issues.map(issueLine).join('; ') }
}

function issueLine(issue: StandardSchemaV1.Issue): string {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
  return path === '' ? issue.message : `${path}: ${issue.message}`
}
