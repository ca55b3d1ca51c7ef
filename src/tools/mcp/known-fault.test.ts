import { describe, expect, it } from 'vitest'
import { fault } from '../fault.js'
import { Unreachable } from './connection.js'
import { isSessionOver, knownFault } from './known-fault.js'
import { NotSent, TOO_LATE } from './stdio-transport.js'

const rpc = (code: number) => Object.assign(new Error(`error ${code}`), { name: 'ProtocolError', code })
const http = (status: number) => Object.assign(new Error(`HTTP ${status}`), { name: 'SdkHttpError', data: { status } })
const cut = (code: string) => new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) })

describe('a call that failed', () => {
  it.each([
    ['no server', new Unreachable('away', 500), 'mcp_unreachable', 'not_performed'],
    ['nothing sent', new NotSent('gone'), 'mcp_unreachable', 'not_performed'],
    ['a refused connection', cut('ECONNREFUSED'), 'mcp_unreachable', 'not_performed'],
    ['a host that is none', cut('ENOTFOUND'), 'mcp_unreachable', 'not_performed'],
    ['a message that came too late', rpc(TOO_LATE), 'too_late', 'not_performed'],
    ['arguments that are wrong', rpc(-32_602), 'mcp_refused', 'permanent'],
    ['a method that is none', rpc(-32_601), 'mcp_refused', 'permanent'],
    ['headers that are refused', http(401), 'mcp_refused', 'permanent'],
    ['too many requests', http(429), 'mcp_busy', 'not_performed'],
  ])('for %s surely did not act', (_, error, code, kind) => {
    expect(knownFault(error)).toMatchObject({ name: 'ToolFault', code, kind })
  })

  it.each([
    ['an internal error', rpc(-32_603)],
    ["an error of the server's own", rpc(-32_000)],
    ['a server that failed', http(500)],
    ['a gateway that timed out', http(504)],
    ['a connection that was cut', cut('ECONNRESET')],
    ['a timeout', Object.assign(new Error('timed out'), { code: 'REQUEST_TIMEOUT' })],
    ['a closed connection', Object.assign(new Error('closed'), { code: 'CONNECTION_CLOSED' })],
  ])('for %s may have acted', (_, error) => {
    expect(knownFault(error)).toBe(error)
  })

  it('keeps what is known already', () => {
    const known = fault.permanent('declined')
    expect(knownFault(known)).toBe(known)
  })

  it('for a session that is over is told apart', () => {
    expect([http(404), http(400), rpc(404), null].map(isSessionOver)).toEqual([true, false, false, false])
  })
})
