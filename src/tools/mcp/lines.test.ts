import { expect, it } from 'vitest'
import { Lines } from './lines.js'

function taken(chunks: readonly (string | Buffer)[], mostBytes = 100) {
  const heard: (string | number)[] = []
  const lines = new Lines(
    mostBytes,
    (line) => heard.push(line),
    (bytes) => heard.push(bytes),
  )
  for (const chunk of chunks) lines.take(Buffer.from(chunk))
  return heard
}

it.each([
  ['one', ['a\n'], ['a']],
  ['several at once', ['a\nb\n\nc\n'], ['a', 'b', '', 'c']],
  ['one in parts', ['a', 'b', 'c\nd'], ['abc']],
  ['one of Windows', ['a\r\n'], ['a']],
  ['a letter cut in two', [Buffer.from('ä').subarray(0, 1), Buffer.from('ä\n').subarray(1)], ['ä']],
])('gives whole lines: %s', (_, chunks, heard) => {
  expect(taken(chunks)).toEqual(heard)
})

it('a line too long is left out and its length told; the next one is heard', () => {
  expect(taken(['a'.repeat(60), 'a'.repeat(60), '\nb\n'])).toEqual([120, 'b'])
  expect(taken([`${'a'.repeat(100)}\n`])).toEqual(['a'.repeat(100)])
})
