import { describe, expect, it } from 'vitest'
import { beginRate, canBegin, isBoundScope, retryAfterMs } from './queues.js'

describe('the rate at which a line begins', () => {
  it('is known where more waited than began: it was never empty in between', () => {
    expect(beginRate(11, 10, 5_000)).toBe(2_000)
  })

  it.each([
    ['all that waited may have begun', 10, 10, 5_000],
    ['nothing began: the workers may only be away', 500, 0, 5_000],
    ['no time passed', 11, 10, 0],
  ])('is not known where %s', (_, depth, begun, ms) => {
    expect(beginRate(depth, begun, ms)).toBeNull()
  })
})

it('what can begin in time is rounded down: a part of a run is none', () => {
  expect([canBegin(2_000, 5_000), canBegin(2_000, 5_499), canBegin(1, 999_999)]).toEqual([10, 10, 0])
})

describe('when to ask again', () => {
  it('is when a tenth of the line will have begun', () => {
    expect(retryAfterMs(1_000, 10_000)).toBe(10_000)
  })

  it('is from a second to a minute, and five seconds where nothing is known', () => {
    expect([retryAfterMs(1, 10_000), retryAfterMs(1_000_000, 1), retryAfterMs(50, null)]).toEqual([
      1_000, 60_000, 5_000,
    ])
  })
})

it.each([
  ['queue:default', true],
  ['tenant:*', true],
  ['agent:desk', true],
  ['tool:x', false],
  ['queue:', false],
  ['fleet', false],
])('%s names a line: %s', (text, is) => {
  expect(isBoundScope(text)).toBe(is)
})
