import canonicalizeValue from 'canonicalize'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { argsDigest, hmac, sha256 } from './digest.js'
import { bytesBeyond, canonical, inOrder, toJson } from './json.js'

describe('a value on its way into a journal', () => {
  it('is what comes back from it', () => {
    expect(toJson({ at: new Date(0), gone: undefined, none: Number.NaN, list: [undefined] })).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      none: null,
      list: [null],
    })
    expect(toJson(undefined)).toBeNull()
  })

  it('loses lone surrogates, which no database would take', () => {
    expect(toJson({ text: 'a\ud800b' })).toEqual({ text: 'a\ufffdb' })
    expect(canonical('\udfff')).toBe('"\ufffd"')
    expect(canonical([{ '\ud800': { '\udfff': '\ud83d\ude00' } }])).toBe('[{"\ufffd":{"\ufffd":"\ud83d\ude00"}}]')
    expect(toJson('no surrogate: \\ud800')).toBe('no surrogate: \\ud800')
  })

  it('comes back as itself the second time', () => {
    const anyText = fc.jsonValue({ stringUnit: 'binary' })
    fc.assert(fc.property(anyText, (value) => canonical(toJson(value)) === canonical(value)))
  })
})

/** Whatever a tool may return: JSON, and what is none or has another form in it. */
const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.jsonValue({ stringUnit: 'binary' }),
    fc.constantFrom(undefined, Number.NaN, -0, Number.POSITIVE_INFINITY, 'a\ud800', Symbol('s'), () => 1, 1e21, 5e-324),
    fc.constantFrom<unknown>(
      new Date(0),
      new Map(),
      /x/,
      new String('boxed'),
      Object.create({ inherited: 1 }),
      Object.assign([], { 2: 'sparse' }),
    ),
    fc.constant({ toJSON: () => ({ b: 1, a: 2 }) }),
    fc.array(tie('value')),
    fc.dictionary(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('10', '9', '-1', '__proto__', 'é')),
      tie('value'),
    ),
  ),
})).value
/** The long way round: text, value, text. */
const byText = (value: unknown): unknown => {
  const text = JSON.stringify(value) ?? 'null'
  const wellFormed = text.replaceAll(/(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g, '$1\ufffd')
  return JSON.parse(wellFormed)
}

describe('the short ways to JSON', () => {
  it('give what the way by its text gives', () => {
    fc.assert(
      fc.property(anything, (value) => {
        expect(JSON.stringify(toJson(value))).toBe(JSON.stringify(byText(value)))
        expect(canonical(value)).toBe(canonicalizeValue(byText(value)))
        expect(JSON.stringify(inOrder(value))).toBe(JSON.stringify(JSON.parse(canonical(value))))
      }),
      { numRuns: 1_000 },
    )
  })

  it('copy: what is done to the value afterwards does not matter', () => {
    const value = { list: [{ n: 1 }] }
    const copies = [toJson(value), inOrder(value)]
    value.list[0] = { n: 2 }
    expect(copies).toEqual([{ list: [{ n: 1 }] }, { list: [{ n: 1 }] }])
  })

  it('throw for a circle and a bigint, however deep', () => {
    const circle: Record<string, unknown> = {}
    circle.self = [circle]
    for (const bad of [circle, { n: [1n] }]) {
      expect(() => toJson(bad)).toThrow(TypeError)
      expect(() => canonical(bad)).toThrow(TypeError)
    }
  })

  it('know a text that is too long', () => {
    const text = '\u0001é'.repeat(100)
    const bytes = Buffer.byteLength(JSON.stringify([text, { a: text }]))
    expect([bytesBeyond(bytes, [text, { a: text }]), bytesBeyond(bytes - 1, [text, { a: text }])]).toEqual([
      null,
      bytes,
    ])
  })
})

describe('canonical JSON', () => {
  it('does not depend on the order of keys, at any depth', () => {
    expect(canonical({ b: [{ d: 1, c: 2 }], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1}]}')
    expect(argsDigest({ amount: 5, orderId: 'o1' })).toBe(argsDigest({ orderId: 'o1', amount: 5 }))
  })

  it('tells different arguments apart', () => {
    const digests = [{ amount: 5 }, { amount: '5' }, { amount: 5.01 }, { amount: [5] }, {}].map(argsDigest)
    expect(new Set(digests).size).toBe(digests.length)
  })
})

describe('digests', () => {
  it('are SHA-256 and HMAC-SHA-256 in hex, by their published vectors', () => {
    expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    expect(hmac('Jefe', 'what do ya want for nothing?')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    )
  })
})
