import { expect, test } from 'vitest'
import { type Message, portPrompt, portTools } from './prompt.js'

test('every message has its place in the provider’s prompt', () => {
  const metadata = { own: { signature: 's' } }
  const messages: Message[] = [
    { role: 'system', text: 'Be a desk.' },
    { role: 'user', text: 'Refund W1 and W2.' },
    {
      role: 'assistant',
      text: 'I look both up.',
      thoughts: [{ text: 'Hm.', metadata }],
      toolCalls: [
        { id: 'a', name: 'find', inputText: '{"id":"W1"}', metadata },
        { id: 'b', name: 'find', inputText: '' },
      ],
    },
    { role: 'tool', callId: 'a', name: 'find', output: { total: 3 } },
    { role: 'tool', callId: 'b', name: 'find', output: 'Say which order.', error: true },
    { role: 'assistant', text: 'Which other order?' },
  ]
  expect(portPrompt(messages)).toEqual([
    { role: 'system', content: 'Be a desk.' },
    { role: 'user', content: [{ type: 'text', text: 'Refund W1 and W2.' }] },
    {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 'Hm.', providerOptions: metadata },
        { type: 'text', text: 'I look both up.' },
        { type: 'tool-call', toolCallId: 'a', toolName: 'find', input: { id: 'W1' }, providerOptions: metadata },
        { type: 'tool-call', toolCallId: 'b', toolName: 'find', input: {} },
      ],
    },
    {
      role: 'tool',
      content: [
        { type: 'tool-result', toolCallId: 'a', toolName: 'find', output: { type: 'json', value: { total: 3 } } },
        {
          type: 'tool-result',
          toolCallId: 'b',
          toolName: 'find',
          output: { type: 'error-text', value: 'Say which order.' },
        },
      ],
    },
    { role: 'assistant', content: [{ type: 'text', text: 'Which other order?' }] },
  ])
})

test('results and refusals keep their form: text or JSON, right or wrong', () => {
  const output = (value: Message & { role: 'tool' }) => portPrompt([value])[0]?.content
  const base = { role: 'tool', callId: 'a', name: 'find' } as const
  expect(output({ ...base, output: 'yes' })).toMatchObject([{ output: { type: 'text', value: 'yes' } }])
  expect(output({ ...base, output: null })).toMatchObject([{ output: { type: 'json', value: null } }])
  expect(output({ ...base, output: { code: 'x' }, error: true })).toMatchObject([{ output: { type: 'error-json' } }])
})

test('arguments that could not be read go back as such', () => {
  const toolCalls = [{ id: 'a', name: 'find', inputText: '{"id' }]
  expect(portPrompt([{ role: 'assistant', text: '', toolCalls }])).toEqual([
    {
      role: 'assistant',
      content: [{ type: 'tool-call', toolCallId: 'a', toolName: 'find', input: { unreadable: '{"id' } }],
    },
  ])
})

test('the prompt of a conversation does not change what it was made of', () => {
  const messages: Message[] = [
    { role: 'tool', callId: 'a', name: 'find', output: 1 },
    { role: 'tool', callId: 'b', name: 'find', output: 2 },
  ]
  const before = structuredClone(messages)
  expect(portPrompt(messages)).toEqual(portPrompt(messages))
  expect(messages).toEqual(before)
})

test('tools become function tools; no tools become nothing', () => {
  const inputSchema = { type: 'object' }
  expect(portTools([{ name: 'find', description: 'Finds.', inputSchema }])).toEqual([
    { type: 'function', name: 'find', description: 'Finds.', inputSchema },
  ])
  expect(portTools([])).toBeUndefined()
})
