import { expect, test } from 'vitest'
import { retryAfterMs } from './retry-after.js'

const noon = Date.UTC(2026, 0, 1, 12)
const at = (ms: number) => new Date(ms).toUTCString()

test.each<[string, Record<string, string>, number | undefined]>([
  ['seconds', { 'retry-after': '3' }, 3_000],
  ['parts of a second, rounded up', { 'retry-after': '0.0205' }, 21],
  ['milliseconds first', { 'retry-after': '9', 'retry-after-ms': '120.2' }, 121],
  ['any case', { 'Retry-After': ' 2 ' }, 2_000],
  ['a date', { 'retry-after': at(noon + 5_000) }, 5_000],
  ['a date by the provider’s own clock', { 'retry-after': at(noon + 90_000), date: at(noon + 60_000) }, 30_000],
  ['a date that has passed', { 'retry-after': at(noon - 5_000) }, 0],
  ['no sense', { 'retry-after': 'soon' }, undefined],
  ['a negative', { 'retry-after': '-' }, undefined],
  ['nothing', {}, undefined],
])('reads %s', (_, headers, expected) => {
  expect(retryAfterMs(headers, () => noon)).toBe(expected)
})

test('no headers at all say nothing', () => {
  expect(retryAfterMs(undefined, () => noon)).toBeUndefined()
})
