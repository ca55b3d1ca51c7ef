import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { jsonSchemaOf } from '../../tools/schema.js'
import { chanceOf } from '../chance.js'
import { exampleOf } from './example-value.js'

const node: z.ZodType = z.lazy(() => z.object({ name: z.string(), next: node.optional() }))
const SCHEMAS: readonly [string, z.ZodType][] = [
  ['texts', z.object({ a: z.string().min(30), b: z.string().max(3), c: z.enum(['x', 'y']), d: z.literal('z') })],
  ['formats', z.object({ a: z.email(), b: z.uuid(), c: z.iso.datetime(), d: z.iso.date(), e: z.url() })],
  ['numbers', z.object({ a: z.int().min(3).max(4), b: z.number().gt(0).lt(0.5), c: z.number().positive() })],
  ['multiples', z.object({ a: z.number().multipleOf(0.25).min(10), b: z.int().multipleOf(7) })],
  ['lists', z.array(z.object({ n: z.number(), on: z.boolean() })).min(2)],
  ['pairs', z.tuple([z.string(), z.number()])],
  ['choices', z.union([z.object({ kind: z.literal('a'), x: z.number() }), z.null()])],
  ['both', z.intersection(z.object({ a: z.string() }), z.object({ b: z.number() }))],
  ['whatever', z.object({ a: z.unknown(), b: z.string().nullable(), c: z.string().optional() })],
  ['itself', node],
]

test.each(SCHEMAS)('a value of %s fits its schema', (_, schema) => {
  const json = jsonSchemaOf(schema as Parameters<typeof jsonSchemaOf>[0], 'test')
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const value = exampleOf(json, chanceOf(seed))
      expect(schema.safeParse(value)).toMatchObject({ success: true })
      expect(exampleOf(json, chanceOf(seed))).toEqual(value)
    }),
    { numRuns: 25 },
  )
})

test('another chance gives another value', () => {
  const values = [1, 2, 3, 4].map((seed) => JSON.stringify(exampleOf({ type: 'string' }, chanceOf(seed))))
  expect(new Set(values).size).toBeGreaterThan(1)
})
