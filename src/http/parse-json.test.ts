import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseJson } from './parse-json.js'

const parse = (text: string) => parseJson(text, 64)

it('reads JSON as JSON.parse does', () => {
  const safe = fc.jsonValue().filter((value) => !/__proto__|[eE]\+|\d{16}/.test(JSON.stringify(value)))
  fc.assert(
    fc.property(safe, (value) => {
      expect(parse(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

it.each([
  ['{"a":1', 'not JSON'],
  ['', 'not JSON'],
  ['{"a":9007199254740993}', 'the number 9007199254740993'],
  ['[-12345678901234567890]', 'the number -12345678901234567890'],
  ['{"a":1e400}', 'the number 1e400'],
  [`${'['.repeat(65)}${']'.repeat(65)}`, 'deeper than 64'],
  [`${'{"a":'.repeat(65)}1${'}'.repeat(65)}`, 'deeper than 64'],
  ['{"__proto__":{"admin":true}}', '__proto__'],
  ['{"a":{"\\u005f_proto__":1}}', '__proto__'],
  ['{"constructor":{"prototype":{"a":1}}}', 'constructor'],
])('refuses %s', (text, why) => {
  expect(() => parse(text)).toThrow(
    expect.objectContaining({ code: 'invalid_request', detail: expect.stringContaining(why) }),
  )
})

it.each([
  ['{"a":"12345678901234567890"}', { a: '12345678901234567890' }],
  [`{"a":"${'['.repeat(100)}\\"{"}`, { a: `${'['.repeat(100)}"{` }],
  ['[1.5,-0.25,1e3,9007199254740991]', [1.5, -0.25, 1000, 9007199254740991]],
  ['{"constructor":"ship"}', { constructor: 'ship' }],
])('takes %s', (text, value) => {
  expect(parse(text)).toEqual(value)
})

it('is not slowed by a text that never closes', () => {
  expect(() => parse(`"${'\\\\'.repeat(200_000)}`)).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  expect(() => parse('"'.repeat(200_001))).toThrow(expect.objectContaining({ code: 'invalid_request' }))
})
