import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WINDOWS, type Window, windowEnd, windowStart } from './meters.js'

const at = (text: string) => Date.parse(`${text}Z`)
const moments = fc.integer({ min: at('1970-01-01T00:00'), max: at('2199-12-31T23:59') })
const calendar = fc.constantFrom(...WINDOWS.filter((per): per is Exclude<Window, 'total'> => per !== 'total'))

describe('a calendar window', () => {
  it.each([
    ['hour', '2026-03-01T10:59:59.999', '2026-03-01T10:00', '2026-03-01T11:00'],
    ['day', '2026-02-28T23:59:59.999', '2026-02-28T00:00', '2026-03-01T00:00'],
    ['week', '2026-03-01T12:00', '2026-02-23T00:00', '2026-03-02T00:00'],
    ['week', '2026-03-02T00:00', '2026-03-02T00:00', '2026-03-09T00:00'],
    ['month', '2028-02-29T12:00', '2028-02-01T00:00', '2028-03-01T00:00'],
    ['month', '2026-12-31T23:59', '2026-12-01T00:00', '2027-01-01T00:00'],
  ] as const)('%s of %s goes from %s to %s, in UTC', (per, moment, start, end) => {
    expect(windowStart(per, at(moment))).toBe(at(start))
    expect(windowEnd(per, at(moment))).toBe(at(end))
  })

  it('holds each moment exactly once: its end is the next one’s start', () => {
    fc.assert(
      fc.property(calendar, moments, (per, moment) => {
        const [start, end] = [windowStart(per, moment), windowEnd(per, moment) ?? Number.NaN]
        return start <= moment && moment < end && windowStart(per, start) === start && windowStart(per, end) === end
      }),
    )
  })

  it('has neither start nor end for the total', () => {
    expect([windowStart('total', 5), windowEnd('total', 5)]).toEqual([-1, null])
  })
})
