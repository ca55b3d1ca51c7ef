/** A JSON Schema as far as a sample looks at it. */
interface Shape {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Shape[]
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
}

/** What an input may look like, for a command that a person completes: required fields only, words as dots. */
export function sampleOf(shape: Shape): unknown {
  if (shape.const !== undefined) return shape.const
  if (shape.enum) return shape.enum[0]
  if (shape.anyOf?.[0]) return sampleOf(shape.anyOf[0])
  if (shape.type === 'object') {
    const required = shape.required ?? []
    return Object.fromEntries(required.map((name) => [name, sampleOf(shape.properties?.[name] ?? {})]))
  }
  return PLAIN[shape.type ?? 'string'] ?? '…'
}

const PLAIN: Readonly<Record<string, unknown>> = { number: 1, integer: 1, boolean: true, array: [], null: null }
