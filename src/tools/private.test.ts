import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { hasMark, withoutMarks } from './private.js'
import { jsonSchemaOf } from './schema.js'
import { tool } from './tool.js'

describe('marks of a schema', () => {
  it('are found wherever a schema may stand, and not in what is data', () => {
    const mark = { private: true }
    const marked = [
      mark,
      ...[{ properties: { a: mark } }, { items: [{}, mark] }, { additionalProperties: mark }, { $defs: { a: mark } }],
      ...[{ anyOf: [{ allOf: [mark] }] }, { propertyNames: mark }, { not: mark }, { properties: { enum: mark } }],
    ]
    expect(marked.map(hasMark)).toEqual(marked.map(() => true))
    const unmarked = [
      ...[{}, true, null, { private: 'yes' }, { private: false }, { default: mark }, { enum: [mark] }, { const: mark }],
      ...[{ examples: [mark] }, { properties: { private: true } }, { properties: { private: {} } }],
    ]
    expect(unmarked.filter(hasMark)).toEqual([])
  })

  it('are taken out, and nothing else is', () => {
    const schema = {
      type: 'object',
      properties: { private: true, a: { type: 'string', private: true }, default: { private: true } },
      anyOf: [{ private: true, items: [{ private: true }, true] }],
      default: { private: true },
      enum: [{ private: true }],
    }
    expect(withoutMarks(schema)).toEqual({
      type: 'object',
      properties: { private: true, a: { type: 'string' }, default: {} },
      anyOf: [{ items: [{}, true] }],
      default: { private: true },
      enum: [{ private: true }],
    })
  })

  it('are nothing that a model is shown, or that parks a run', () => {
    const [open, marked] = [z.object({ ssn: z.string() }), z.object({ ssn: z.string().meta({ private: true }) })]
    expect(jsonSchemaOf(marked, 'a')).toEqual(jsonSchemaOf(open, 'a'))
    const of = (input: typeof open) =>
      tool({ name: 'find', description: '', effect: 'read', input, execute: async () => 1 })
    expect(of(marked).spec.jsonSchema).toEqual(of(open).spec.jsonSchema)
  })
})
