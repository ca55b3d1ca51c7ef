import type { TypeText } from './outside-data.js'

const TYPES: Readonly<Record<string, string>> = { dict: 'object', float: 'number', tuple: 'array' }
/** What is kept of a type's other fields. */
const KEPT = ['description', 'enum', 'required'] as const

/** The benchmark's own way of writing types, as JSON Schema. */
export function jsonSchema(of: TypeText): Record<string, unknown> {
  const { type, properties, items } = of
  const kept = Object.fromEntries(KEPT.flatMap((name) => (of[name] === undefined ? [] : [[name, of[name]]])))
  return {
    ...kept,
    ...(type === 'any' ? {} : { type: TYPES[type] ?? type }),
    ...(properties === undefined ? {} : { properties: each(properties as Record<string, TypeText>) }),
    ...(items === undefined ? {} : { items: jsonSchema(items as TypeText) }),
  }
}

function each(properties: Record<string, TypeText>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(properties).map(([name, type]) => [name, jsonSchema(type)]))
}
