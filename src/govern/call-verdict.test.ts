import { expect, it } from 'vitest'
import { modelVerdict, toolVerdict } from './call-verdict.js'

it.each([
  [null, 'passed'],
  ['transient', 'failed'],
  ['timeout', 'failed'],
  ['malformed', 'failed'],
  ['rate_limit', 'failed'],
  ['auth', 'passed'],
  ['invalid_request', 'passed'],
  ['content_filter', 'passed'],
  ['context_length', 'passed'],
  ['aborted', null],
] as const)('a model call that ends with %s says: %s', (fault, verdict) => {
  expect(modelVerdict(fault, true)).toBe(verdict)
})

it.each([
  ['performed', null, false, 'passed'],
  ['unknown', 'threw', false, 'failed'],
  ['unknown', 'timeout', false, 'failed'],
  ['unknown', 'aborted', false, null],
  ['not_performed', 'busy', false, 'failed'],
  ['not_performed', 'http_503', false, 'failed'],
  // It answers, and says no: what is wrong is the call.
  ['not_performed', 'declined', true, 'passed'],
  ['not_performed', 'http_404', true, 'passed'],
  // It was never asked.
  ['not_performed', 'too_late', false, null],
  ['not_performed', 'missing_secret', true, null],
  ['not_performed', 'isolated_not_started', false, null],
] as const)('a tool call that is %s (%s, for good: %s) says: %s', (did, code, isPermanent, verdict) => {
  expect(toolVerdict({ did, code, isPermanent }, true)).toBe(verdict)
})

it('an endpoint that says "too many" is none that fails where the policy says so', () => {
  expect(modelVerdict('rate_limit', false)).toBeNull()
  for (const code of ['busy', 'http_429', 'http_425', 'rate_limited'])
    expect(toolVerdict({ did: 'not_performed', code, isPermanent: false }, false)).toBeNull()
  expect(toolVerdict({ did: 'not_performed', code: 'http_503', isPermanent: false }, false)).toBe('failed')
})
