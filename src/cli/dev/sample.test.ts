import { expect, it } from 'vitest'
import { sampleOf } from './sample.js'

it('has what is required, and leaves out the rest', () => {
  const properties = {
    name: { type: 'string' },
    note: { type: 'string' },
    many: { type: 'integer' },
    kind: { enum: ['a', 'b'] },
    where: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    tags: { type: 'array' },
    either: { anyOf: [{ type: 'boolean' }, { type: 'string' }] },
    fixed: { const: 7 },
  }
  const required = ['name', 'many', 'kind', 'where', 'tags', 'either', 'fixed']
  expect(sampleOf({ type: 'object', properties, required })).toEqual({
    name: '…',
    many: 1,
    kind: 'a',
    where: { city: '…' },
    tags: [],
    either: true,
    fixed: 7,
  })
})

it('of a bare word, and of anything', () => {
  expect(sampleOf({ type: 'string' })).toBe('…')
  expect(sampleOf({})).toBe('…')
})
