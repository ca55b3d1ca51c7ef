import { expect, test } from 'vitest'
import type { PortUsage } from './port.js'
import { UNKNOWN_USAGE, usageOf } from './usage.js'

const given = (input: unknown, output: unknown) =>
  ({
    inputTokens: { total: input, cacheRead: 1, cacheWrite: undefined },
    outputTokens: { total: output, reasoning: 0 },
  }) as PortUsage

test('what the provider gave is taken over', () => {
  expect(usageOf(given(10, 4), true)).toEqual({
    inputTokens: 10,
    cachedInputTokens: 1,
    cacheWriteTokens: undefined,
    outputTokens: 4,
    reasoningTokens: 0,
  })
})

test('missing is never zero', () => {
  expect(usageOf(undefined, true)).toEqual(UNKNOWN_USAGE)
  expect(usageOf(given(undefined, undefined), true)).toMatchObject({ inputTokens: undefined, outputTokens: undefined })
})

test('a prompt of no tokens and a reply of no tokens are not believed', () => {
  expect(usageOf(given(0, 0), true)).toMatchObject({ inputTokens: undefined, outputTokens: undefined })
  expect(usageOf(given(5, 0), false)).toMatchObject({ inputTokens: 5, outputTokens: 0 })
})

test.each([Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY, '12', null])('%s is no count', (value) => {
  expect(usageOf(given(value, value), true)).toMatchObject({ inputTokens: undefined, outputTokens: undefined })
})

test('a provider that leaves out whole groups gives unknown usage', () => {
  expect(usageOf({} as PortUsage, true)).toEqual(UNKNOWN_USAGE)
})
