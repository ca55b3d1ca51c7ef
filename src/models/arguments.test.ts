import { expect, test } from 'vitest'
import { readArguments } from './arguments.js'

test('a JSON object is read as it is', () => {
  expect(readArguments('{"id":"W1","n":[1,null]}')).toEqual({ ok: true, args: { id: 'W1', n: [1, null] } })
})

test.each(['', '  \n'])('no text means no arguments', (text) => {
  expect(readArguments(text)).toEqual({ ok: true, args: {} })
})

test.each([
  ['{"id": "W1', 'not valid JSON: they end in the middle, after 10 characters.'],
  ['{"id": "a } \\" ', 'they end in the middle'],
  ['{"id": [1, 2', 'they end in the middle'],
  ['{"id": W1}', 'not valid JSON: they are not written as JSON is.'],
  ['{"id": "}"}}', 'they are not written as JSON is'],
  ['[1]', 'not an array'],
  ['null', 'not null'],
  ['"W1"', 'not a string'],
  ['7', 'not a number'],
])('%s is refused with words that a model can use', (text, why) => {
  expect(readArguments(text)).toEqual({ ok: false, why: expect.stringContaining(why) })
})
