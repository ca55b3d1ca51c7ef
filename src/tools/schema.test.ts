import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { check, jsonSchemaOf, type Schema } from './schema.js'

describe('the JSON Schema of a schema', () => {
  it('is of what goes over the wire, without its dialect', () => {
    const schema = z.object({ amount: z.string().transform(Number), note: z.string().default('none') })
    expect(jsonSchemaOf(schema, 'a test')).toEqual({
      type: 'object',
      properties: { amount: { type: 'string' }, note: { type: 'string', default: 'none' } },
      required: ['amount'],
    })
  })

  it.each([
    ['has a type that JSON lacks', z.object({ at: z.date() })],
    [
      'does not know how',
      { '~standard': { version: 1, vendor: 'v', validate: () => ({ value: 1 }) } } as unknown as Schema,
    ],
  ])('is refused where the schema %s', (_, schema) => {
    expect(() => jsonSchemaOf(schema as Schema, "tool 'x'")).toThrow(
      expect.objectContaining({ code: 'invalid_definition', message: expect.stringMatching(/^tool 'x': /) }),
    )
  })
})

describe('a wire value', () => {
  const schema = z.object({ id: z.string(), items: z.array(z.object({ count: z.number().positive() })) })

  it('that fits is given as parsed', async () => {
    const parsed = z.object({ n: z.string().transform(Number), extra: z.string().default('none') })
    expect(await check(parsed, { n: '7', unknown: true })).toEqual({ ok: true, value: { n: 7, extra: 'none' } })
  })

  it('that does not fit gives its issues in one line, each with its place', async () => {
    const checked = await check(schema, { items: [{ count: 1 }, { count: -1 }] })
    expect(checked).toMatchObject({ ok: false })
    const { issues } = checked as { issues: string }
    expect(issues).toMatch(/^id: .+; items\.1\.count: .+$/)
    expect(issues).not.toContain('\n')
  })

  it('that does not fit as a whole has no place', async () => {
    const { issues } = (await check(schema, 'text')) as { issues: string }
    expect(issues).not.toMatch(/^: /)
  })

  it('may be checked by a schema that takes its time, or names its places as objects', async () => {
    const slow = z.string().refine(async (text) => text === 'right', 'wrong')
    expect(await check(slow, 'left')).toEqual({ ok: false, issues: 'wrong' })
    const issues = [{ message: 'is odd', path: [{ key: 'a' }, 0] }]
    const other = { '~standard': { version: 1, vendor: 'v', validate: () => ({ issues }) } } as const
    expect(await check(other, {})).toEqual({ ok: false, issues: 'a.0: is odd' })
  })
})
