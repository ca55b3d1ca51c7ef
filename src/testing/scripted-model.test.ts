import { expect, test } from 'vitest'
import { callModel } from '../models/call.js'
import { scriptedModel } from './scripted-model.js'

const call = (model: ReturnType<typeof scriptedModel>, signal = new AbortController().signal) =>
  callModel({ model, prompt: [{ role: 'user', text: 'Hello' }], tools: [], maxOutputTokens: 100, signal })

test('a script answers in order', async () => {
  const model = scriptedModel({ replies: ['one', { text: 'why', toolCalls: [{ name: 'find', input: { id: 1 } }] }] })
  expect(await call(model)).toMatchObject({ ok: true, text: 'one', finish: 'stop' })
  expect(await call(model)).toMatchObject({
    text: 'why',
    finish: 'tool_calls',
    toolCalls: [{ name: 'find', inputText: '{"id":1}' }],
  })
})
