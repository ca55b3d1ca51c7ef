import { describe, expect, it } from 'vitest'
import { derivedSpanId, derivedTraceId, formatTraceparent, parseTraceparent, traceContextOf } from './trace.js'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'
const traceparent = `00-${traceId}-${spanId}-01`

describe('a traceparent', () => {
  it('is read, and written as it was', () => {
    const parsed = parseTraceparent(traceparent)
    expect(parsed).toEqual({ traceId, spanId, flags: 1 })
    expect(formatTraceparent({ traceId, spanId, flags: 1 })).toBe(traceparent)
  })

  it('of a later version is read as far as it is known', () => {
    expect(parseTraceparent(`cc-${traceId}-${spanId}-00-what-comes-then`)).toEqual({ traceId, spanId, flags: 0 })
  })

  it.each([
    '',
    'nonsense',
    `ff-${traceId}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${traceId}-${spanId}-1`,
  ])('that is none is passed over: %s', (text) => {
    expect(parseTraceparent(text)).toBeNull()
    expect(traceContextOf({ traceparent: text, tracestate: 'a=1' })).toBeUndefined()
  })

  it('is admitted with its state, unless that is too long or no header', () => {
    expect(traceContextOf({ traceparent, tracestate: 'a=1,b=2' })).toEqual({ traceparent, tracestate: 'a=1,b=2' })
    expect(traceContextOf({ traceparent, tracestate: 'a'.repeat(513) })).toEqual({ traceparent })
    expect(traceContextOf({ traceparent, tracestate: 'a=1\r\nx: y' })).toEqual({ traceparent })
  })
})

it('derived ids are the same everywhere, valid, and differ by what they are of', () => {
  expect(derivedTraceId('run')).toBe(derivedTraceId('run'))
  expect(derivedTraceId('run')).not.toBe(derivedTraceId('other'))
  expect(derivedSpanId('run', 1)).not.toBe(derivedSpanId('run', 2))
  const derived = { traceId: derivedTraceId('run'), spanId: derivedSpanId('run', 1), flags: 1 }
  expect(parseTraceparent(formatTraceparent(derived))).toEqual(derived)
})
