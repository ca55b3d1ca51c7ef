import { describe, expect, it } from 'vitest'
import type { Reason } from '../core/refusals.js'
import { allow, escalate, refuse } from './verdict.js'

describe('a verdict', () => {
  it('allows', () => {
    expect(allow()).toEqual({ verdict: 'allow' })
  })

  it('refuses with a reason and words that a model can read', () => {
    expect(refuse('policy', 'Look the order up first.')).toEqual({
      verdict: 'refuse',
      reason: 'policy',
      say: 'Look the order up first.',
    })
    expect(refuse('out_of_scope')).toMatchObject({ say: 'Refused: out_of_scope.' })
  })

  it('refuses for none but the known reasons', () => {
    expect(() => refuse('because' as Reason)).toThrow(
      expect.objectContaining({ code: 'invalid_definition', message: expect.stringContaining('policy') }),
    )
  })

  it('escalates rung by rung, with a default on the last', () => {
    expect(escalate({ to: 'finance', within: '4h' }, { to: 'manager', within: '30m', otherwise: 'refuse' })).toEqual({
      verdict: 'escalate',
      chain: [
        { to: 'finance', withinMs: 14_400_000 },
        { to: 'manager', withinMs: 1_800_000, otherwise: 'refuse' },
      ],
    })
  })

  it.each([[[]], [[{ to: 'finance', within: '4h' }]]])(
    'does not escalate to people who may never answer: %j',
    (chain) => {
      const asJavaScript = escalate as (...chain: object[]) => unknown
      expect(() => asJavaScript(...chain)).toThrow(expect.objectContaining({ code: 'invalid_definition' }))
    },
  )

  it('does not escalate for a time that is none', () => {
    expect(() => escalate({ to: 'finance', within: '-4h', otherwise: 'refuse' })).toThrow(
      expect.objectContaining({ code: 'invalid_duration' }),
    )
  })
})
