import { describe, expect, it } from 'vitest'
import { type Duration, durationMs } from './time.js'

describe('a duration', () => {
  it.each([
    ['0ms', 0],
    ['500ms', 500],
    ['10s', 10_000],
    ['5m', 300_000],
    ['4h', 14_400_000],
    ['1d', 86_400_000],
  ] as const)('%s is %d ms', (text, ms) => {
    expect(durationMs(text)).toBe(ms)
  })

  it.each(['10', '10 s', '1e3s', '1.5s', '-1s', '', 's', '10sec', '9007199254740992ms', '99999999999999999999d'])(
    "'%s' is refused with what to write instead",
    (text) => {
      const read = () => durationMs(text as Duration)
      expect(read).toThrow(expect.objectContaining({ code: 'invalid_duration', retryable: false }))
      expect(read).toThrow(/such as '500ms'/)
    },
  )
})
