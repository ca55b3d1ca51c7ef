import { describe, expect, it } from 'vitest'
import { MidwatchError } from '../core/errors.js'
import { fault, ToolFault } from './fault.js'
import { errorOf, thrownOf } from './isolated-wire.js'
import { after, leftUntil, now } from './moment.js'

const across = (error: unknown) => errorOf(structuredClone(thrownOf(error)))

describe('an error that crosses between processes', () => {
  it.each([fault.permanent('declined'), fault.notPerformed('busy', { retryAfter: '2s' })])('stays a fault', (error) => {
    const back = across(error)
    expect(back).toBeInstanceOf(ToolFault)
    expect({ ...back }).toEqual({ ...error })
  })

  it('stays a fault though its class is of another copy of the package', () => {
    class ToolFaultOfAnotherCopy extends Error {
      override readonly name = 'ToolFault'
      readonly kind = 'permanent'
      readonly code = 'declined'
    }
    expect(across(new ToolFaultOfAnotherCopy())).toEqual(new ToolFault('permanent', 'declined', null))
  })

  it('keeps its catalogued code', () => {
    const back = across(new MidwatchError('missing_secret', 'Not set.'))
    expect(back).toBeInstanceOf(MidwatchError)
    expect(back).toMatchObject({ code: 'missing_secret', message: 'Not set.' })
  })

  it.each([
    [new TypeError('broken'), 'TypeError', 'broken'],
    [Object.assign(new Error('odd'), { name: 'MidwatchError', code: 'none_of_ours' }), 'MidwatchError', 'odd'],
    [Object.assign(new Error('odd'), { name: 'ToolFault', kind: 'perhaps' }), 'ToolFault', 'odd'],
    ['a text', 'Error', 'a text'],
    [null, 'Error', 'null'],
  ])('is otherwise its message and no more: %s', (error, name, message) => {
    const back = across(error)
    expect(back).not.toBeInstanceOf(ToolFault)
    expect(back).not.toBeInstanceOf(MidwatchError)
    expect(back).toMatchObject({ name, message })
  })
})

describe('the time that is left', () => {
  it('is what the clock says that went further', () => {
    const at = now()
    expect(leftUntil(after(at, 60_000))).toBeGreaterThan(50_000)
    expect(leftUntil({ monotonic: at.monotonic + 60_000, wall: at.wall - 1 })).toBeLessThan(0)
    expect(leftUntil({ monotonic: at.monotonic - 1, wall: at.wall + 60_000 })).toBeLessThan(0)
  })
})
