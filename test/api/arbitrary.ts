import fc, { type Arbitrary } from 'fast-check'

/** A JSON schema as the document has it. */
export interface JsonSchema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly maxItems?: number
  readonly pattern?: string
  readonly example?: unknown
}

/** Texts that break things: paths, headers, SQL, prototypes, logs, Unicode, sizes. */
const NASTY = [
  ...['', ' ', '.', '..', '../../etc/passwd', '..%2f..%2fx', '%00', '%', '%zz', '\u0000', 'a\u0000b', 'a\r\nX-Evil: 1'],
  ...["'; drop table midwatch.run; --", '$1', '{}', '[]', 'null', 'NaN', '-1', '1e999', '9007199254740993'],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '\ud800',
    '\udfff\ud800',
    '\u202e',
    '\u2028',
    '🛳️',
    'e\u0301',
  ],
  ...[
    'a'.repeat(200),
    'a'.repeat(201),
    '€'.repeat(200),
    'a/b',
    'a?b=c',
    'a#b',
    'a&b',
    'a;b',
    '\\',
    '"',
    '\u007f',
    '\ufeff',
  ],
]

export const nasty: Arbitrary<string> = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ unit: 'binary', maxLength: 30 }),
)

/** Values that fit a schema more often than not. `known`: names and ids that exist. */
export function fitting(
  schema: JsonSchema,
  refs: Readonly<Record<string, JsonSchema>>,
  known: readonly string[],
): Arbitrary<unknown> {
  const of = (one: JsonSchema) => fitting(one, refs, known)
  if (schema.$ref !== undefined) return of(refs[schema.$ref.replace(/^.*\//, '')] ?? {})
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  const some = schema.anyOf ?? schema.oneOf
  if (some !== undefined) return fc.oneof(...some.map(of))
  const [type, other] = [schema.type ?? 'any'].flat()
  if (other !== undefined) return fc.oneof(...[type, other].map((one) => of({ ...schema, type: String(one) })))
  return ofType(schema, String(type), of, known)
}

function ofType(
  schema: JsonSchema,
  type: string,
  of: (schema: JsonSchema) => Arbitrary<unknown>,
  known: readonly string[],
): Arbitrary<unknown> {
  const { minimum = -(2 ** 53) + 1, maximum = 2 ** 53 - 1, example } = schema
  switch (type) {
    case 'string':
      return fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(...known, ...(typeof example === 'string' ? [example] : [])) },
        {
          weight: 2,
          arbitrary: fc.string({ minLength: schema.minLength ?? 0, maxLength: Math.min(schema.maxLength ?? 20, 20) }),
        },
        { weight: 2, arbitrary: nasty },
      )
    case 'integer':
    case 'number':
      return fc.oneof(
        fc.integer({ min: Math.max(minimum, -5), max: Math.min(maximum, 50) }),
        fc.constantFrom(minimum, maximum),
      )
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return fc.array(of(schema.items ?? {}), { maxLength: 3 })
    case 'object':
      return objectOf(schema, of)
    default:
      return fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constant({ say: 'x' }))
  }
}

function objectOf(
  { properties = {}, required = [] }: JsonSchema,
  of: (schema: JsonSchema) => Arbitrary<unknown>,
): Arbitrary<object> {
  const fields = Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, of(one)]))
  return fc.record(fields, { requiredKeys: [...required] })
}
