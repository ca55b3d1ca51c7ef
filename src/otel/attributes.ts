import type { Attributes, AttributeValue } from '@opentelemetry/api'
import { ATTR, type Attribute } from './conventions.js'

/** Attributes by their key in the table; what is undefined or null is left out. */
export function attributes(of: Partial<Record<Attribute, AttributeValue | null | undefined>>): Attributes {
  const named: Attributes = {}
  for (const [key, value] of Object.entries(of)) {
    if (value !== undefined && value !== null) named[ATTR[key as Attribute]] = value
  }
  return named
}
