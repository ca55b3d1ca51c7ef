import { expect, it } from 'vitest'
import type { Outcome } from '../../core/states.js'
import { PRIVATE } from './redacted.js'
import { Veil } from './veil.js'

it('of what was taken back it shows steps and why, and hides codes of a tool’s own', () => {
  const of = (code: string) => ({ tool: 'pay', step: 'pay#1', seq: 3, why: 'failed' as const, code })
  const windDown = { undone: [], remains: [of('card_4711_closed'), of('timeout')], by: 'fay' }
  const outcome: Outcome<null> = { status: 'refused', reason: 'policy', rule: 'agent', say: 'No.', windDown }
  expect(new Veil([]).ended(outcome, null)).toEqual({
    ...outcome,
    say: PRIVATE,
    windDown: { ...windDown, remains: [of(PRIVATE), of('timeout')] },
  })
})
