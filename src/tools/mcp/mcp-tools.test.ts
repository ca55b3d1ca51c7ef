import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { shapeOf } from '../isolated-wire.js'
import { check } from '../schema.js'
import { mcpTools } from './mcp-tools.js'
import { pinOf } from './pin.js'
import { writePins } from './pin-file.js'

const folder = mkdtempSync(join(tmpdir(), 'midwatch-mcp-tools-'))
const pinFile = join(folder, 'pins.json')
afterAll(() => rmSync(folder, { recursive: true }))

const inputSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  properties: { order: { type: 'string' }, key: { type: 'string' } },
  required: ['order', 'key'],
}
const refund = pinOf({ name: 'refund', description: 'Pays back.', inputSchema, outputSchema: { type: 'object' } })
const find = pinOf({ name: 'find', description: 'Finds.', inputSchema, annotations: { readOnlyHint: true } })
writePins(pinFile, { shop: { refund, find } })
const server = { name: 'shop', command: 'shop' }

describe('tools of a server', () => {
  it('are as they were accepted', () => {
    const [found, paid] = mcpTools(server, { allow: ['find', 'refund'], pinFile })
    expect(found?.spec).toMatchObject({
      name: 'find',
      description: 'Finds.',
      effect: 'read',
      attempts: 1,
      output: null,
    })
    expect(paid?.spec).toMatchObject({ name: 'refund', effect: 'once', isolate: 'none', attempts: 1 })
    expect(paid?.spec.jsonSchema).toEqual({ ...inputSchema, $schema: undefined })
    expect(paid?.spec.output).not.toBeNull()
  })

  it('take what all tools take', () => {
    const taken = { effect: 'keyed', as: 'pay_back', timeout: '5s', lane: 'shop', meters: { paid: () => 1 } } as const
    const [paid] = mcpTools(server, { allow: ['refund'], effects: { refund: taken }, pinFile })
    expect(paid).toMatchObject({
      name: 'pay_back',
      spec: { timeoutMs: 5_000, lane: 'shop', keyRememberedMs: 3_600_000 },
    })
    expect(Object.keys(paid?.spec.meters ?? {})).toEqual(['paid'])
  })

  it('do not show the argument that is filled in', async () => {
    const taken = { effect: 'keyed', keyArgument: 'key' } as const
    const [paid] = mcpTools(server, { allow: ['refund'], effects: { refund: taken }, pinFile })
    const spec = paid?.spec
    expect(spec?.jsonSchema).toMatchObject({ properties: { order: {} }, required: ['order'] })
    expect(Object.keys(spec?.jsonSchema.properties as object)).toEqual(['order'])
    expect(await check(spec?.input as never, { order: 'W1' })).toEqual({ ok: true, value: { order: 'W1' } })
    expect(await check(spec?.input as never, {})).toMatchObject({ ok: false })
  })

  it('have another shape once something else is accepted', () => {
    const shape = () => shapeOf(mcpTools(server, { allow: ['find'], pinFile })[0]?.spec as never)
    const before = shape()
    writePins(pinFile, { shop: { refund, find: pinOf({ name: 'find', description: 'Finds all.', inputSchema }) } })
    expect(shape()).not.toBe(before)
  })

  it.each([
    [{ allow: ['refund'], effects: { refnd: 'once' } }, "effects name 'refnd'"],
    [{ allow: ['refund'], effects: { refund: { as: 'complete' } } }, 'taken by a way out'],
    [{ allow: ['shop/refund'] }, 'a name is letters'],
    [{ allow: ['refund'], effects: { refund: { effect: 'checked' } } }, 'needs a check function'],
  ])('%j is refused', (options, says) => {
    const message = expect.stringContaining(says)
    expect(() => mcpTools(server, { ...options, pinFile } as never)).toThrow(
      expect.objectContaining({ code: 'invalid_definition', message }),
    )
  })
})
