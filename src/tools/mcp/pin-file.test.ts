import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { pinOf } from './pin.js'
import { PIN_FILE, pinFileFrom, readPins, writePins } from './pin-file.js'

const folder = mkdtempSync(join(tmpdir(), 'midwatch-pins-'))
afterAll(() => rmSync(folder, { recursive: true }))

const ring = pinOf({ name: 'ring', description: 'Rings.', inputSchema: { type: 'object' } })
const look = pinOf({ name: 'look', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } })

describe('midwatch.mcp.json', () => {
  it('is found in the folder or above it, and made in the folder where there is none', () => {
    const below = join(folder, 'a', 'b')
    mkdirSync(below, { recursive: true })
    const own = join(folder, 'a', PIN_FILE)
    writePins(own, {})
    expect(pinFileFrom(below)).toBe(own)
    expect(pinFileFrom(folder)).toBe(join(folder, PIN_FILE))
  })

  it('holds what was accepted, in an order that reads well in a review', () => {
    const path = join(folder, 'order.json')
    writePins(path, { b: { ring, look }, a: { ring } })
    expect(readPins(path)).toEqual({ a: { ring }, b: { look, ring } })
    const text = readFileSync(path, 'utf8')
    expect(text.indexOf('"a"')).toBeLessThan(text.indexOf('"b"'))
    expect(text.indexOf('"look"')).toBeLessThan(text.lastIndexOf('"ring"'))
  })

  it('is empty where there is none, and read again when it was written', () => {
    const path = join(folder, 'again.json')
    expect(readPins(path)).toEqual({})
    writePins(path, { a: { ring } })
    expect(readPins(path)).toEqual({ a: { ring } })
    writePins(path, { a: { look } })
    expect(readPins(path)).toEqual({ a: { look } })
  })

  it.each([
    ['no JSON', 'it is'],
    ['another version', '{"version":2,"servers":{}}'],
    ['no servers', '{"version":1}'],
    [
      'words that were changed by hand under the old fingerprint',
      JSON.stringify({ version: 1, servers: { a: { ring: { ...ring, description: 'Rings twice.' } } } }),
    ],
  ])('with %s is refused', (_, text) => {
    const path = join(folder, 'wrong.json')
    writeFileSync(path, text)
    expect(() => readPins(path)).toThrow(expect.objectContaining({ code: 'mcp_pins_unreadable' }))
  })
})
