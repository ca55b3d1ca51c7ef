import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countOf, dollarsToMicros, showUsd, type Usd, usdMicros } from './money.js'

const micros = fc.integer({ min: 0, max: 10 ** 12 })

describe('dollars as text', () => {
  it.each([
    ['$0', 0],
    ['$12', 12_000_000],
    ['$0.25', 250_000],
    ['$0.000001', 1],
    ['$9007199254.740991', Number.MAX_SAFE_INTEGER],
  ] as const)('%s is %d micro-dollars', (text, amount) => {
    expect(usdMicros(text)).toBe(amount)
  })

  it.each(['0.25', '$', '$.5', '$-1', '$0.0000001', '$1e3', '$1,000', '$9007199254.740992'])(
    "'%s' is refused",
    (text) => {
      expect(() => usdMicros(text as Usd)).toThrow(expect.objectContaining({ code: 'invalid_money' }))
    },
  )

  it('shown to people, they read back as the same amount', () => {
    fc.assert(fc.property(micros, (amount) => usdMicros(showUsd(amount) as Usd) === amount))
    expect([1_200_000, 450, 0].map(showUsd)).toEqual(['$1.20', '$0.00045', '$0.00'])
  })
})

describe('dollars as a tool charges them', () => {
  it('become the micro-dollars that were meant, whatever binary fractions make of them', () => {
    fc.assert(fc.property(micros, (amount) => dollarsToMicros(amount / 1_000_000, 'usd') === amount))
    expect(dollarsToMicros(0.1 + 0.2, 'usd')).toBe(300_000)
  })

  it.each([-0.01, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e10])('%d would make room and is refused', (dollars) => {
    expect(() => dollarsToMicros(dollars, 'refund_usd')).toThrow(
      expect.objectContaining({ code: 'meter_amount_invalid', message: expect.stringContaining("'refund_usd'") }),
    )
  })
})

describe('a count', () => {
  it('is a non-negative safe integer', () => {
    expect(countOf(0, 'emails')).toBe(0)
    expect(countOf(3, 'emails')).toBe(3)
  })

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('%d is refused', (amount) => {
    expect(() => countOf(amount, 'emails')).toThrow(expect.objectContaining({ code: 'meter_amount_invalid' }))
  })
})
