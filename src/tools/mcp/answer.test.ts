import { expect, it } from 'vitest'
import { outputOf, textOf } from './answer.js'

it('structured content is the output, else the text', () => {
  const content = [{ type: 'text' as const, text: '{"a":1}' }]
  expect(outputOf({ content, structuredContent: { a: 1 } })).toEqual({ a: 1 })
  expect(outputOf({ content })).toBe('{"a":1}')
  expect(outputOf({ content: [] })).toBe('')
})

it('what is no text is named with its type and size, and its bytes are left out', () => {
  const data = Buffer.from('12345').toString('base64')
  const text = textOf([
    { type: 'text', text: 'Two of them:' },
    { type: 'image', data, mimeType: 'image/png' },
    { type: 'audio', data, mimeType: 'audio/wav' },
    { type: 'resource_link', name: 'log', uri: 'file:///log', description: 'of today' },
    { type: 'resource', resource: { uri: 'file:///a', text: 'words' } },
    { type: 'resource', resource: { uri: 'file:///b', blob: data, mimeType: 'application/gzip' } },
    { type: 'hologram' } as never,
  ])
  expect(text.split('\n')).toEqual([
    'Two of them:',
    '[image image/png, 5 bytes]',
    '[audio audio/wav, 5 bytes]',
    '[resource log file:///log: of today]',
    '[resource file:///a]',
    'words',
    '[resource file:///b, application/gzip, 5 bytes]',
    '[hologram]',
  ])
})
