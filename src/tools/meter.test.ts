import { describe, expect, it } from 'vitest'
import { BUILT_IN_METERS } from '../core/meters.js'
import { meter, meterUnit, noRoomText, smallestUnit } from './meter.js'

describe('a meter', () => {
  it('has the unit that it was declared with, however often', () => {
    expect(meter('test_fees', 'usd')).toEqual({ name: 'test_fees', unit: 'usd' })
    expect(meter('test_fees', 'usd')).toEqual({ name: 'test_fees', unit: 'usd' })
    expect([meterUnit('test_fees'), meterUnit('usd'), meterUnit('test_undeclared')]).toEqual(['usd', 'usd', 'count'])
  })

  it('has one unit', () => {
    meter('test_sent', 'count')
    expect(() => meter('test_sent', 'bytes')).toThrow(expect.objectContaining({ code: 'invalid_definition' }))
  })

  it.each([...Object.keys(BUILT_IN_METERS), 'deadline', 'Refunds', 'refund-usd', '1st', '', 'lane:mail', '__proto__'])(
    'is not called %j',
    (name) => {
      expect(() => meter(name, 'count')).toThrow(expect.objectContaining({ code: 'invalid_definition' }))
    },
  )
})

describe('an amount', () => {
  const fees = meter('test_fees', 'usd').name
  const bytes = meter('test_bytes', 'bytes').name

  it('in dollars is converted exactly to micro-dollars', () => {
    expect([0, 0.1 + 0.2, 12, 0.000_001].map((dollars) => smallestUnit(fees, dollars))).toEqual([0, 300_000, 12e6, 1])
  })

  it('without room is told a model as its tools are called: money in dollars', () => {
    const full = { used: 180_000_000, limit: 200_000_000 }
    expect(noRoomText({ meter: fees, ...full })).toContain('no room for this ($180.00 of $200.00 used)')
    expect(noRoomText({ meter: bytes, used: 12, limit: 20 })).toContain('no room for this (12 of 20 used)')
  })

  it('that is counted stays what it is', () => {
    expect([smallestUnit(bytes, 12), smallestUnit('test_undeclared', 0)]).toEqual([12, 0])
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1, -1e-9, -0, 1e300])(
    'of %d dollars would make room and is refused',
    (amount) => {
      expect(() => smallestUnit(fees, amount)).toThrow(expect.objectContaining({ code: 'meter_amount_invalid' }))
    },
  )

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5, 2 ** 53])('of %d pieces is refused', (amount) => {
    expect(() => smallestUnit(bytes, amount)).toThrow(expect.objectContaining({ code: 'meter_amount_invalid' }))
  })
})
