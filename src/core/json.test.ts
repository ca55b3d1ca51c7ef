import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { argsDigest, hmac, sha256 } from './digest.js'
import { canonical, toJson } from './json.js'

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
