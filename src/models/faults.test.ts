import { describe, expect, test } from 'vitest'
import { abortFault, FAULT_ADVICE, type FaultClass, faultOf } from './faults.js'

const now = () => Date.UTC(2026, 0, 1)
const api = (statusCode: number | undefined, fields: object = {}) =>
  Object.assign(new Error('said'), { name: 'AI_APICallError', statusCode, ...fields })
const withCode = (code: string) => Object.assign(new Error('broke'), { code })

describe('an HTTP status says what a fault is', () => {
  test.each([
    [429, {}, 'rate_limit'],
    [429, { responseBody: '{"error":{"code":"insufficient_quota"}}' }, 'auth'],
    [401, {}, 'auth'],
    [402, {}, 'auth'],
    [403, {}, 'auth'],
    [408, {}, 'timeout'],
    [409, {}, 'transient'],
    [500, {}, 'transient'],
    [529, {}, 'transient'],
    [400, {}, 'invalid_request'],
    [404, {}, 'invalid_request'],
    [413, {}, 'context_length'],
    [400, { responseBody: '{"error":{"code":"context_length_exceeded"}}' }, 'context_length'],
    [400, { message: 'prompt is too long: 210000 tokens > 200000 maximum' }, 'context_length'],
    [400, { message: 'The input token count (1200000) exceeds the maximum' }, 'context_length'],
    [
      400,
      { message: "The response was filtered due to the prompt triggering Azure's content management policy" },
      'content_filter',
    ],
  ])('%i %j is %s', (status, fields, expected) => {
    expect(faultOf(api(status, fields), now)).toMatchObject({ class: expected, status })
  })
})

describe('without a telling status the causes say it', () => {
  test.each<[about: string, error: unknown, expected: FaultClass]>([
    ['a reset', new TypeError('fetch failed', { cause: withCode('ECONNRESET') }), 'transient'],
    ['a refused connection', api(undefined, { cause: withCode('ECONNREFUSED') }), 'transient'],
    ['a fetch that says no more', new TypeError('terminated'), 'transient'],
    ['a name that does not resolve', api(undefined, { cause: withCode('ENOTFOUND') }), 'transient'],
    [
      'a body cut after 200',
      api(200, { cause: new TypeError('terminated', { cause: withCode('UND_ERR_SOCKET') }) }),
      'transient',
    ],
    [
      'headers that never came',
      new TypeError('fetch failed', { cause: withCode('UND_ERR_HEADERS_TIMEOUT') }),
      'timeout',
    ],
    ['a connection that never was', api(undefined, { cause: withCode('ETIMEDOUT') }), 'timeout'],
    [
      'a body that does not parse',
      api(200, { cause: Object.assign(new Error(), { name: 'AI_JSONParseError' }) }),
      'malformed',
    ],
    ['a 200 that nobody understands', api(200), 'malformed'],
    ['no choices', Object.assign(new Error('none'), { name: 'AI_InvalidResponseDataError' }), 'malformed'],
    [
      'an option the provider lacks',
      Object.assign(new Error(), { name: 'AI_UnsupportedFunctionalityError' }),
      'invalid_request',
    ],
    ['a key that is not set', Object.assign(new Error(), { name: 'AI_LoadAPIKeyError' }), 'auth'],
    ['an error part of bare JSON', { message: 'Rate limit reached', type: 'requests' }, 'rate_limit'],
    ['an error part about the context', { code: 'context_length_exceeded' }, 'context_length'],
    ['an error part about the filter', { message: 'x', code: 'content_filter' }, 'content_filter'],
    ['a bare text', 'overloaded', 'transient'],
    ['nothing at all', undefined, 'transient'],
  ])('%s', (_, error, expected) => {
    expect(faultOf(error, now)).toMatchObject({ class: expected })
  })

  test('causes that go round in a ring end', () => {
    const ring = new Error('ring')
    ring.cause = ring
    expect(faultOf(ring, now)).toMatchObject({ class: 'transient', message: 'ring' })
  })
})

test('a fault carries what the provider asked us to wait', () => {
  expect(faultOf(api(429, { responseHeaders: { 'Retry-After': '7' } }), now)).toMatchObject({ retryAfterMs: 7_000 })
  expect(faultOf(api(429), now)).not.toHaveProperty('retryAfterMs')
})

test.each([
  ['a rate limit', api(429), true],
  ['a refused key', api(401), true],
  ['a model that is not there', api(404), true],
  ['a connection that was refused', new TypeError('fetch failed', { cause: withCode('ECONNREFUSED') }), true],
  ['a filtered prompt', api(400, { message: 'content_filter' }), undefined],
  ['a server’s error', api(500), undefined],
  ['a connection that was cut', new TypeError('fetch failed', { cause: withCode('ECONNRESET') }), undefined],
  ['an error part in a stream', { message: 'Rate limit reached' }, undefined],
])('%s: whether the provider may bill it', (_, error, unbilled) => {
  expect(faultOf(error, now).unbilled).toBe(unbilled)
})

test('a message is cut to a length that a journal bears', () => {
  expect(faultOf(new Error('x'.repeat(9_000)), now).message).toHaveLength(500)
})

test('an abort is a timeout when its signal says so, else our own doing', () => {
  expect(abortFault(AbortSignal.abort(new DOMException('', 'TimeoutError'))).class).toBe('timeout')
  expect(abortFault(AbortSignal.abort())).toMatchObject({ class: 'aborted' })
  expect(abortFault(AbortSignal.abort(new Error('killed: tenant:acme')))).toMatchObject({
    message: 'killed: tenant:acme',
  })
})

test('nothing that our own side cut is tried again by itself', () => {
  expect(FAULT_ADVICE.aborted).toEqual({ retryable: false, fallback: false })
})
