import { expect, it } from 'vitest'
import type { Caller } from '../core/access.js'
import { cursorOf, readCursor } from './page.js'

const caller: Caller = { principal: 'ann', role: 'viewer', tenants: ['acme'], tokenId: 'a' }
const list = { caller, path: '/v1/runs', filter: { agent: 'desk' } }
const kinds = ['number', 'string'] as const

it('a cursor leads on in the list that it was made for', () => {
  expect(readCursor(cursorOf([7, 'run'], list), list, kinds)).toEqual([7, 'run'])
  expect(readCursor(undefined, list, kinds)).toBeNull()
})

it.each([
  ['of another path', { ...list, path: '/v1/sessions' }],
  ['of other filters', { ...list, filter: {} }],
  ['of other tenants', { ...list, caller: { ...caller, tenants: ['other'] } }],
])('one %s is none', (_, other) => {
  expect(() => readCursor(cursorOf([7, 'run'], other), list, kinds)).toThrow(
    expect.objectContaining({ code: 'invalid_cursor' }),
  )
})

it.each([
  '',
  'AAAA',
  '!!',
  'bnVsbA',
  cursorOf(['7', 'run'], list),
  cursorOf([7], list),
  cursorOf([7, 'a\u0000'], list),
  cursorOf([1.5, 'run'], list),
  cursorOf([7, 'run', 1], list),
])('%j is none', (text) => {
  expect(() => readCursor(text, list, kinds)).toThrow(expect.objectContaining({ code: 'invalid_cursor' }))
})
