import { expect, it } from 'vitest'
import { MidwatchError } from '../../core/errors.js'
import { faultOf } from '../../models/faults.js'
import { fault, ToolFault } from '../../tools/fault.js'
import { thrownAgain, thrownOf } from './thrown.js'

const over = (error: unknown) => thrownAgain(structuredClone(thrownOf(error)))

it('keeps what a tool declared, and what has a code', () => {
  const busy = over(fault.notPerformed('busy', { retryAfter: '5s' }))
  expect(busy).toBeInstanceOf(ToolFault)
  expect(busy).toMatchObject({ kind: 'not_performed', code: 'busy', retryAfterMs: 5_000 })
  expect(over(new MidwatchError('missing_secret', 'No token.'))).toMatchObject({
    code: 'missing_secret',
    retryable: false,
  })
})

it('lets a provider’s error be told apart as before', () => {
  const limited = Object.assign(new Error('Slow down.'), {
    name: 'AI_APICallError',
    statusCode: 429,
    responseHeaders: { 'retry-after': '2' },
    request: () => 'no data',
  })
  const cut = new TypeError('terminated', { cause: Object.assign(new Error('closed'), { code: 'UND_ERR_SOCKET' }) })
  for (const error of [limited, cut]) expect(faultOf(over(error), () => 0)).toEqual(faultOf(error, () => 0))
  expect(over('words').message).toBe('words')
})
