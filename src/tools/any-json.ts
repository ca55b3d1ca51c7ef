import { toJson } from '../core/json.js'
import type { Schema } from './schema.js'

/** A schema that takes whatever is JSON, as it is: for input that somebody else has checked. */
export const anyJson = {
  '~standard': {
    version: 1,
    vendor: 'midwatch',
    validate: (value: unknown) => ({ value: toJson(value) }),
    jsonSchema: { input: () => ({}), output: () => ({}) },
  },
} as const satisfies Schema
