import { describe, expect, it } from 'vitest'
import { fault, ToolFault } from './fault.js'

describe('what a tool throws to say what it knows', () => {
  it('that it did not act and may be tried again, when the other side says', () => {
    const cause = new Error('503')
    const busy = fault.notPerformed('busy', { retryAfter: '5s', cause })
    expect(busy).toBeInstanceOf(ToolFault)
    expect(busy).toMatchObject({ kind: 'not_performed', code: 'busy', retryAfterMs: 5_000, message: 'busy', cause })
    expect(fault.notPerformed('busy').retryAfterMs).toBeNull()
  })

  it('that it did not act and never will', () => {
    const cause = new Error('card')
    expect(fault.permanent('declined', { cause })).toMatchObject({
      kind: 'permanent',
      code: 'declined',
      retryAfterMs: null,
      cause,
    })
  })

  it('in a time that is one', () => {
    expect(() => fault.notPerformed('busy', { retryAfter: '-5s' })).toThrow(
      expect.objectContaining({ code: 'invalid_duration' }),
    )
  })
})
