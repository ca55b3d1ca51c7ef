import { createRequire } from 'node:module'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { JsonSchema, Schema } from '../schema.js'

interface Validators {
  getValidator(schema: JsonSchema): (value: unknown) => { readonly valid: boolean; readonly errorMessage?: string }
}

let validators: Validators | null = null

/** Loaded at the first value that is checked, for it takes a while; by `require`, for a check is not asynchronous. */
function loaded(): Validators {
  const load = createRequire(import.meta.url)
  const { AjvJsonSchemaValidator } = load('@modelcontextprotocol/client/validators/ajv')
  validators ??= new AjvJsonSchemaValidator() as Validators
  return validators
}

/** A schema over JSON Schema as a server gave it: what the model is shown is what is checked. `of` may change until it is used. */
export function schemaFrom<T = unknown>(of: () => JsonSchema): Schema<T, T> {
  let compiled: { readonly from: JsonSchema; readonly check: ReturnType<Validators['getValidator']> } | null = null
  const json = () => of()
  return {
    '~standard': {
      version: 1,
      vendor: 'midwatch',
      jsonSchema: { input: json, output: json },
      validate: (value): StandardSchemaV1.Result<T> => {
        const from = of()
        if (compiled?.from !== from) compiled = { from, check: compile(from) }
        const { valid, errorMessage } = compiled.check(value)
        return valid ? { value: value as T } : { issues: [{ message: errorMessage ?? 'it does not fit' }] }
      },
    },
  }
}

/** A schema that cannot be read fits nothing: what it forbids is not known. */
function compile(schema: JsonSchema): ReturnType<Validators['getValidator']> {
  try {
    return loaded().getValidator(schema)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return () => ({ valid: false, errorMessage: `the server's own schema cannot be read (${why})` })
  }
}
