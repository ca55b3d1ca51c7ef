import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { JsonValue } from '../../core/json.js'
import type { JsonSchema, Schema } from '../../tools/schema.js'
import { resultLook, wireLook } from './marked-schemas.js'
import { PRIVATE, redacted } from './redacted.js'

const CANARY = 'canary-4711'
const CANARY_NUMBER = 471_147_114_711
const isTold = (value: JsonValue) => /canary-4711|471147114711/.test(JSON.stringify(value))

/** A form of values, as its JSON Schema and one value of it. */
type Form =
  | { readonly kind: 'text' | 'number' | 'null' }
  | { readonly kind: 'private' | 'list' | 'record' | 'nullable' | 'shared'; readonly of: Form }
  | { readonly kind: 'object' | 'tuple' | 'both'; readonly parts: readonly Form[] }
  | {
      readonly kind: 'union'
      readonly parts: readonly Form[]
      readonly taken: number
      readonly word: 'anyOf' | 'oneOf'
    }

const { form } = fc.letrec<{ form: Form; leaf: Form }>((tie) => {
  const parts = (least: number) => fc.array(tie('form'), { minLength: least, maxLength: 3 })
  const around = fc.constantFrom('private', 'private', 'list', 'record', 'nullable', 'shared')
  return {
    leaf: fc.record({ kind: fc.constantFrom('text', 'number', 'null') }),
    form: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      tie('leaf'),
      fc.record({ kind: around, of: tie('form') }),
      fc.record({ kind: fc.constantFrom('object', 'object', 'tuple'), parts: parts(0) }),
      fc.record({
        kind: fc.constant('both'),
        parts: fc.array(fc.record({ kind: fc.constant('object'), parts: parts(1) }), { minLength: 2, maxLength: 2 }),
      }),
      fc.record({
        ...{ kind: fc.constant('union'), parts: parts(1), taken: fc.nat(9) },
        word: fc.constantFrom('anyOf', 'oneOf'),
      }),
    ),
  } as never
})

/** The schema, with what is shared under `definitions`. */
function schemaOf(of: Form): JsonSchema {
  const definitions: Record<string, JsonSchema> = {}
  let names = 0
  const made = (one: Form): JsonSchema => {
    switch (one.kind) {
      case 'text':
        return { type: 'string' }
      case 'number':
        return { type: 'number' }
      case 'null':
        return { type: 'null' }
      case 'private':
        return { ...made(one.of), private: true }
      case 'list':
        return { type: 'array', items: made(one.of) }
      case 'record':
        return { type: 'object', additionalProperties: made(one.of) }
      case 'nullable':
        return { anyOf: [made(one.of), { type: 'null' }] }
      case 'shared': {
        const name = `a/b~${names}`
        names += 1
        definitions[name] = made(one.of)
        return { $ref: `#/definitions/${name.replace('~', '~0').replace('/', '~1')}` }
      }
      case 'tuple':
        return { type: 'array', items: one.parts.map(made) }
      case 'object':
        return { type: 'object', properties: named(one.parts, made) }
      case 'both':
        return { allOf: one.parts.map((part) => made(part)) }
      case 'union':
        return { [one.word]: one.parts.map(made) }
    }
  }
  return { ...made(of), definitions }
}

const named = <T>(parts: readonly Form[], made: (part: Form, i: number) => T): Record<string, T> =>
  Object.fromEntries(parts.map((part, i) => [i === 0 ? 'constructor' : `f${i}`, made(part, i)]))

/** A value of the form; what is private in it holds the canary. */
function sampleOf(of: Form, isPrivate = false): JsonValue {
  const below = (part: Form): JsonValue => sampleOf(part, isPrivate)
  switch (of.kind) {
    case 'text':
      return isPrivate ? CANARY : 'public'
    case 'number':
      return isPrivate ? CANARY_NUMBER : 7
    case 'null':
      return null
    case 'private':
      return sampleOf(of.of, true)
    case 'list':
      return [below(of.of), below(of.of)]
    case 'record':
      return { any: below(of.of), other: below(of.of) }
    case 'nullable':
    case 'shared':
      return below(of.of)
    case 'tuple':
      return of.parts.map(below)
    case 'object':
      return named(of.parts, below)
    case 'both':
      return Object.assign({}, ...of.parts.map(below))
    case 'union':
      return below(of.parts[of.taken % of.parts.length] as Form)
  }
}

const isPlain = (of: Form): boolean =>
  of.kind !== 'union' &&
  of.kind !== 'private' &&
  of.kind !== 'both' &&
  ('of' in of ? isPlain(of.of) : 'parts' in of ? of.parts.every(isPlain) : true)

describe('what is private is never shown', () => {
  it('a canary in a private field is in nothing that is shown, whatever the form', () => {
    const planting = form.filter((of) => isTold(sampleOf(of)))
    fc.assert(
      fc.property(planting, (of) => {
        expect(isTold(redacted(sampleOf(of), [schemaOf(of)]))).toBe(false)
      }),
      { numRuns: 300, seed: 5 },
    )
  })

  it('what has no private part is shown as it is', () => {
    fc.assert(
      fc.property(form.filter(isPlain), (of) => {
        expect(redacted(sampleOf(of), [schemaOf(of)])).toEqual(sampleOf(of))
      }),
      { numRuns: 200, seed: 6 },
    )
  })

  it('a private value in a form that was not asked for is not shown either', () => {
    const of: Form = { kind: 'object', parts: [{ kind: 'text' }, { kind: 'private', of: { kind: 'text' } }] }
    const wrongly = fc.letrec<{ wrong: JsonValue }>((tie) => ({
      wrong: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom<JsonValue>(CANARY_NUMBER, [CANARY], { f1: CANARY }, { [CANARY]: 1 }),
        fc.array(tie('wrong'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('f1', 'f2', '__proto__', 'constructor', CANARY), tie('wrong')),
        tie('wrong').map((value) => JSON.stringify({ f1: value })),
      ) as fc.Arbitrary<JsonValue>,
    })).wrong
    const outer = (value: JsonValue) => typeof value !== 'object' || value === null || !('constructor' in value)
    fc.assert(
      fc.property(wrongly, (value) => {
        // A text where a text is asked for is nobody's private field: only that is left out.
        fc.pre(outer(value) || typeof (value as Record<string, JsonValue>).constructor !== 'string')
        expect(isTold(redacted(value, [schemaOf(of)]))).toBe(false)
      }),
      { numRuns: 300, seed: 7 },
    )
  })
})

describe('schemas as zod tells them', () => {
  const mark = { private: true }
  const s = z.string().meta(mark)
  it.each<[string, Schema, JsonValue, JsonValue]>([
    ['a field', z.object({ a: s, b: z.string() }), { a: CANARY, b: 'x' }, { a: PRIVATE, b: 'x' }],
    ['optional', z.object({ a: s.optional() }), { a: CANARY }, { a: PRIVATE }],
    ['optional, absent', z.object({ a: s.optional() }), {}, {}],
    ['marked when optional', z.object({ a: z.string().optional().meta(mark) }), { a: CANARY }, { a: PRIVATE }],
    ['nullable', z.object({ a: s.nullable() }), { a: CANARY }, { a: PRIVATE }],
    ['with a default', z.object({ a: s.default('x') }), { a: CANARY }, { a: PRIVATE }],
    ['with more checks', z.object({ a: s.min(1).trim() }), { a: CANARY }, { a: PRIVATE }],
    ['with a name', z.object({ a: z.string().meta({ id: 'Ssn', ...mark }) }), { a: CANARY }, { a: PRIVATE }],
    ['transformed', z.object({ a: s.transform((x) => x.length) }), { a: CANARY }, { a: PRIVATE }],
    ['in a list', z.array(s), [CANARY, CANARY], [PRIVATE, PRIVATE]],
    ['in a tuple', z.tuple([s, z.number()]), [CANARY, 1], [PRIVATE, 1]],
    ['in a record', z.record(z.string(), s), { k: CANARY }, { k: PRIVATE }],
    ['as a record’s key', z.record(s, z.number()), { [CANARY]: 1 }, PRIVATE],
    ['a whole object', z.object({ a: z.object({ b: z.string() }).meta(mark) }), { a: { b: CANARY } }, { a: PRIVATE }],
    ['lazily', z.object({ a: z.lazy(() => z.object({ b: s })) }), { a: { b: CANARY } }, { a: { b: PRIVATE } }],
    [
      'in an intersection',
      z.intersection(z.object({ a: s }), z.object({ b: z.number() })),
      { a: CANARY, b: 1 },
      { a: PRIVATE, b: 1 },
    ],
    ['everything', s, CANARY, PRIVATE],
    ['a number', z.object({ a: z.number().meta(mark) }), { a: CANARY_NUMBER }, { a: PRIVATE }],
    ['beside anything else', z.looseObject({ a: s }), { a: CANARY, b: 'x' }, { a: PRIVATE, b: 'x' }],
    ['beside what nobody described', z.object({ a: s }), { a: CANARY, aa: CANARY }, { a: PRIVATE, [PRIVATE]: PRIVATE }],
  ])('%s', (_what, schema, value, expected) => {
    expect(redacted(value, wireLook(schema))).toEqual(expected)
  })

  it('of a union, what any branch marks is hidden', () => {
    const one = z.object({ k: z.literal('one'), x: s, y: z.number() })
    const two = z.object({ k: z.literal('two'), x: z.string() })
    const schema = z.discriminatedUnion('k', [one, two])
    expect(redacted({ k: 'one', x: CANARY, y: 1 }, wireLook(schema))).toEqual({ k: 'one', x: PRIVATE, y: 1 })
    expect(redacted({ k: 'two', x: 'x' }, wireLook(schema))).toEqual({ k: 'two', x: PRIVATE })
    expect(redacted({ k: CANARY }, wireLook(schema))).toEqual({ k: PRIVATE })
  })

  it('a schema that refers to itself', () => {
    const node: z.ZodType = z.object({
      name: s,
      label: z.string(),
      get below() {
        return z.array(node)
      },
    })
    const value = { name: CANARY, label: 'a', below: [{ name: CANARY, label: 'b', below: [] }] }
    const shown = { name: PRIVATE, label: 'a', below: [{ name: PRIVATE, label: 'b', below: [] }] }
    expect(redacted(value, wireLook(node as unknown as Schema))).toEqual(shown)
  })

  it('results: a transformation beside a mark hides all, without a mark it says nothing', () => {
    const made = z.object({ a: s }).transform(({ a }) => ({ b: a }))
    expect(redacted({ b: CANARY }, resultLook(made) ?? [])).toBe(PRIVATE)
    expect(resultLook(z.object({ a: z.string().transform(Number) }))).toBeNull()
    expect(redacted({ a: CANARY, b: 1 }, resultLook(z.object({ a: s, b: z.number() })) ?? [])).toEqual({
      a: PRIVATE,
      b: 1,
    })
    expect(resultLook({ '~standard': { version: 1, vendor: 'other', validate: (value) => ({ value }) } })).toBeNull()
  })
})

describe('schemas as others write them', () => {
  it.each<[string, JsonSchema, JsonValue, JsonValue]>([
    ['a reference out of the document', { $ref: 'https://a.test/b' }, 'x', PRIVATE],
    ['a reference to nothing', { properties: { a: { $ref: '#/definitions/none' } } }, { a: 'x' }, { a: PRIVATE }],
    ['a dynamic reference', { properties: { a: { $dynamicRef: '#a' } } }, { a: 'x' }, { a: PRIVATE }],
    ['a circle of references', { $ref: '#' }, 'x', PRIVATE],
    [
      'patterns',
      { patternProperties: { '^p_': { private: true }, '^q': {} } },
      { p_1: 'x', q: 1 },
      { p_1: PRIVATE, q: 1 },
    ],
    ['a pattern that is none', { patternProperties: { '(': { private: true } } }, { a: 'x' }, { a: PRIVATE }],
    ['prefixItems', { prefixItems: [{ private: true }], items: {} }, ['x', 1], [PRIVATE, 1]],
    [
      'a condition',
      JSON.parse('{"properties":{"a":{}},"if":{},"then":{"properties":{"a":{"private":true}}}}'),
      { a: 'x' },
      { a: PRIVATE },
    ],
    [
      'a dependent schema',
      { properties: { a: {} }, dependentSchemas: { b: { properties: { a: { private: true } } } } },
      { a: 'x' },
      { a: PRIVATE },
    ],
    [
      'a field that is called so',
      { properties: { private: true, a: {} } },
      { private: 'x', a: 1 },
      { private: 'x', a: 1 },
    ],
    [
      'additional ones',
      { properties: { a: {} }, additionalProperties: { private: true } },
      { a: 1, b: 'x' },
      { a: 1, b: PRIVATE },
    ],
    ['nothing at all', {}, { a: ['x', { b: 1 }] }, { a: ['x', { b: 1 }] }],
    ['a mark that is none', { private: 'yes' }, 'x', 'x'],
  ])('%s', (_what, schema, value, expected) => {
    expect(redacted(value, [schema])).toEqual(expected)
  })

  it('nesting without end is cut, and breaks nothing', () => {
    let deep: JsonValue = CANARY
    for (let i = 0; i < 5_000; i += 1) deep = [deep]
    expect(isTold(redacted(deep, [{}]))).toBe(false)
  })
})
