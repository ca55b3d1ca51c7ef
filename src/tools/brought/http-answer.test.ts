import { describe, expect, it } from 'vitest'
import { resultOf } from './http-answer.js'

const answer = (status: number, body: unknown = null, headers: Record<string, string> = {}) => ({
  status,
  headers: new Headers(headers),
  text: body === null ? null : typeof body === 'string' ? body : JSON.stringify(body),
})
const thrown = (...given: Parameters<typeof resultOf>) => {
  try {
    return resultOf(...given)
  } catch (error) {
    return error
  }
}

describe('an HTTP answer', () => {
  it('of 2xx gives its body', () => {
    expect(resultOf(answer(200, { id: 1 }), false)).toEqual({ id: 1 })
    expect(resultOf(answer(204), false)).toBeNull()
  })

  it.each([
    [400, 'permanent', null],
    [409, 'permanent', null],
    [429, 'not_performed', 2_000],
    [425, 'not_performed', 2_000],
  ])('of %i did not act: %s', (status, kind, retryAfterMs) => {
    const headers = { 'retry-after': '2' }
    expect(thrown(answer(status, null, headers), false)).toMatchObject({ kind, code: `http_${status}`, retryAfterMs })
  })

  it.each([408, 302, 500, 502, 503])('of %i leaves a write in doubt', (status) => {
    const error = thrown(answer(status, null, { 'retry-after': '2' }), false)
    expect(error).toBeInstanceOf(Error)
    expect(error).not.toHaveProperty('kind')
  })

  it('of a read that is told to come later is tried then', () => {
    const error = thrown(answer(503, null, { 'retry-after': '2' }), true)
    expect(error).toMatchObject({ kind: 'not_performed', retryAfterMs: 2_000 })
  })

  it('of a server that says that it did not act is believed, whatever its status', () => {
    const error = thrown(answer(503, null, { 'midwatch-acted': 'no', 'retry-after': '1' }), false)
    expect(error).toMatchObject({ kind: 'not_performed', retryAfterMs: 1_000 })
    const fault = { kind: 'permanent', code: 'declined' }
    expect(thrown(answer(500, { fault }), false)).toMatchObject(fault)
    expect(thrown(answer(200, { fault }), false)).toMatchObject(fault)
  })

  it('that breaks off in its JSON is no word of anything', () => {
    expect(thrown(answer(200, '{"id":'), false)).not.toHaveProperty('kind')
  })
})
