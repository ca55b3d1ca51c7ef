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

/** What values are made of. */
export interface Ground {
  readonly refs: Readonly<Record<string, JsonSchema>>
  /** By the name of a field or parameter, values of it that mean something: names and ids that exist. */
  readonly known: Readonly<Record<string, readonly unknown[]>>
}

/** Values that fit a schema more often than not. `name`: of the field or parameter. */
export function fitting(schema: JsonSchema, ground: Ground, name = ''): Arbitrary<unknown> {
  const made = shaped(schema, ground, name)
  const known = Object.hasOwn(ground.known, name) ? ground.known[name] : undefined
  if (known === undefined) return made
  return fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: made })
}

function shaped(schema: JsonSchema, ground: Ground, name: string): Arbitrary<unknown> {
  const of = (one: JsonSchema, field = name) => fitting(one, ground, field)
  if (schema.$ref !== undefined) return of(ground.refs[schema.$ref.replace(/^.*\//, '')] ?? {})
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  const some = schema.anyOf ?? schema.oneOf
  if (some !== undefined) return fc.oneof(...some.map((one) => of(one)))
  const [type, other] = [schema.type ?? 'any'].flat()
  if (other !== undefined) return fc.oneof(...[type, other].map((one) => of({ ...schema, type: String(one) })))
  return ofType(schema, String(type), of)
}

function ofType(
  schema: JsonSchema,
  type: string,
  of: (schema: JsonSchema, field?: string) => Arbitrary<unknown>,
): Arbitrary<unknown> {
  const { minimum = -(2 ** 53) + 1, maximum = 2 ** 53 - 1 } = schema
  switch (type) {
    case 'string':
      return textOf(schema)
    case 'integer':
    case 'number':
      return fc.oneof(
        { weight: 5, arbitrary: fc.integer({ min: Math.max(minimum, -5), max: Math.min(maximum, 50) }) },
        { weight: 1, arbitrary: fc.constantFrom(minimum, maximum) },
      )
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return fc.array(of(schema.items ?? {}, ''), { maxLength: 3 })
    case 'object':
      return objectOf(schema, of)
    default:
      return fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constant({ say: 'x' }))
  }
}

function textOf({ example, minLength = 0, maxLength = 20 }: JsonSchema): Arbitrary<string> {
  const plain = fc.string({ minLength, maxLength: Math.min(maxLength, 20) })
  const given = typeof example === 'string' ? [{ weight: 4, arbitrary: fc.constant(example) }] : []
  return fc.oneof(...given, { weight: 3, arbitrary: plain }, { weight: 2, arbitrary: nasty })
}

function objectOf(
  { properties = {}, required = [] }: JsonSchema,
  of: (schema: JsonSchema, field: string) => Arbitrary<unknown>,
): Arbitrary<object> {
  const fields = Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, of(one, name)]))
  return fc.record(fields, { requiredKeys: [...required] })
}
