import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { afterEach, describe, expect, test } from 'vitest'
import type { Listener, StreamPart } from '../models/answer.js'
import { callModel, type ModelAnswer } from '../models/call.js'
import type { Message, ModelTool } from '../models/prompt.js'
import { type ModelServer, modelServer } from './model-server.js'
import { type FaultReply, misbehave, type Replies, type Reply } from './scripted-model-reply.js'

let server: ModelServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

const FIND: ModelTool = { name: 'find_order', description: 'Finds.', inputSchema: { type: 'object', properties: {} } }

interface Asked {
  /** A listener, or just that it streams. */
  readonly streamed?: boolean | Listener
  readonly prompt?: readonly Message[]
  readonly signal?: AbortSignal
  readonly maxOutputTokens?: number
}

async function serve(replies: Replies) {
  server = await modelServer({ replies })
  const provider = createOpenAICompatible({ name: 'desk', baseURL: server.url, includeUsage: true })
  const model = provider.chatModel('scripted')
  return (asked: Asked = {}): Promise<ModelAnswer> =>
    callModel({
      model,
      prompt: asked.prompt ?? [{ role: 'user', text: 'Where is my order?' }],
      tools: [FIND],
      maxOutputTokens: asked.maxOutputTokens ?? 200,
      signal: asked.signal ?? new AbortController().signal,
      ...(asked.streamed && { stream: asked.streamed === true ? () => {} : asked.streamed }),
    })
}

describe.each([
  ['whole', false],
  ['streamed', true],
])('through a real provider, %s', (_, streamed) => {
  test('text, reasoning, tool calls and usage arrive as scripted', async () => {
    const reply: Reply = {
      text: 'Let me look the order up.',
      reasoning: 'They ask for an order.',
      toolCalls: [
        { name: 'find_order', input: { id: 'W1' } },
        { name: 'find_order', input: { id: 'W2' } },
      ],
      usage: { inputTokens: 90, cachedInputTokens: 40, outputTokens: 21, reasoningTokens: 6 },
    }
    const call = await serve([reply])
    expect(await call({ streamed })).toMatchObject({
      ok: true,
      text: reply.text,
      reasoning: reply.reasoning,
      finish: 'tool_calls',
      toolCalls: [
        { name: 'find_order', inputText: '{"id":"W1"}' },
        { name: 'find_order', inputText: '{"id":"W2"}' },
      ],
      usage: { inputTokens: 90, cachedInputTokens: 40, outputTokens: 21, reasoningTokens: 6 },
    })
  })

  test('the script sees the conversation, the tools and the cap', async () => {
    const call = await serve(['Done.'])
    const prompt: Message[] = [
      { role: 'system', text: 'You are a desk.' },
      { role: 'user', text: 'Refund W1.' },
      {
        role: 'assistant',
        text: 'First I look.',
        toolCalls: [{ id: 'c1', name: 'find_order', inputText: '{"id":"W1"}' }],
      },
      { role: 'tool', callId: 'c1', name: 'find_order', output: { total: 12 } },
    ]
    await call({ streamed, prompt, maxOutputTokens: 77 })
    expect(server?.requests).toEqual([
      { call: 1, messages: prompt, tools: ['find_order'], maxOutputTokens: 77, stream: streamed },
    ])
  })

  test.each<[FaultReply, object]>([
    [
      { fault: 'rate_limit', retryAfterMs: 3_000 },
      { class: 'rate_limit', retryable: true, retryAfterMs: 3_000, status: 429 },
    ],
    [
      { fault: 'rate_limit', retryAfterMs: 250 },
      { class: 'rate_limit', retryAfterMs: 250 },
    ],
    [{ fault: 'server_error' }, { class: 'transient', retryable: true, status: 500 }],
    [
      { fault: 'server_error', status: 503, retryAfterMs: 2_000 },
      { class: 'transient', retryAfterMs: 2_000, status: 503 },
    ],
    [{ fault: 'cut' }, { class: 'transient', retryable: true }],
    [{ fault: 'truncated_json' }, { class: 'malformed', retryable: true }],
    [{ fault: 'content_filter' }, { class: 'content_filter', retryable: false, fallback: true }],
    [{ fault: 'context_length' }, { class: 'context_length', retryable: false }],
    [{ fault: 'auth' }, { class: 'auth', retryable: false, fallback: true }],
    [{ fault: 'invalid_request' }, { class: 'invalid_request', retryable: false }],
  ])('%j comes back as a fault, after one request', async (fault, expected) => {
    const call = await serve(() => fault)
    expect(await call({ streamed })).toMatchObject({ ok: false, ...expected })
    expect(server?.requests).toHaveLength(1)
  })

  test('a Retry-After date counts from the provider’s own clock', async () => {
    const call = await serve(() => ({ fault: 'rate_limit', retryAt: new Date(Date.now() + 60_000) }))
    const answer = await call({ streamed })
    const wait = answer.ok ? 0 : (answer.retryAfterMs ?? 0)
    expect(wait).toBeGreaterThan(55_000)
    expect(wait).toBeLessThanOrEqual(61_000)
  })

  test('an answer that never comes ends with its signal', async () => {
    const stop = new AbortController()
    const call = await serve(() => {
      queueMicrotask(() => stop.abort(new DOMException('too late', 'TimeoutError')))
      return { fault: 'timeout' }
    })
    expect(await call({ streamed, signal: stop.signal })).toMatchObject({ ok: false, class: 'timeout' })
  })

  test('malformed arguments arrive as they were sent', async () => {
    const call = await serve([misbehave.malformedArguments('find_order')])
    expect(await call({ streamed })).toMatchObject({ ok: true, toolCalls: [{ inputText: '{"orderId": "W1' }] })
  })

  test('a runaway answer is cut at the cap, unless the provider ignores it', async () => {
    const call = await serve([misbehave.runaway(5_000), misbehave.runaway(5_000, true)])
    expect(await call({ streamed })).toMatchObject({ finish: 'length', usage: { outputTokens: 200 } })
    expect(await call({ streamed })).toMatchObject({ finish: 'stop', usage: { outputTokens: 5_000 } })
  })

  test('usage that was not sent stays unknown', async () => {
    const call = await serve([misbehave.withoutUsage('Hello.')])
    expect(await call({ streamed })).toMatchObject({
      ok: true,
      usage: { inputTokens: undefined, outputTokens: undefined },
    })
  })

  test('a list that has run out says so', async () => {
    const call = await serve(['one'])
    await call({ streamed })
    expect(await call({ streamed })).toMatchObject({ ok: false, message: expect.stringContaining('no reply') })
  })
})

describe('streaming', () => {
  test('parts reach the listener in order and join to the answer', async () => {
    const call = await serve([{ text: 'One two  three.', toolCalls: [{ name: 'find_order', input: { id: 'W1' } }] }])
    const heard: StreamPart[] = []
    const answer = await call({ streamed: (part) => heard.push(part) })
    const joined = (type: string) => heard.map((part) => (part.type === type && 'delta' in part ? part.delta : ''))
    expect(joined('text').filter(Boolean)).toEqual(['One', ' two', '  three.'])
    expect(joined('tool_input').join('')).toBe('{"id":"W1"}')
    expect(heard.at(-1)).toEqual({ type: 'tool_call', call: answer.ok && answer.toolCalls[0] })
  })

  test('a cut stream keeps what was heard, and its usage stays unknown', async () => {
    const call = await serve(() => ({ fault: 'cut', text: 'one two three four' }))
    const heard: StreamPart[] = []
    expect(await call({ streamed: (part) => heard.push(part) })).toMatchObject({
      ok: false,
      class: 'transient',
      text: 'one two',
      usage: { outputTokens: undefined },
    })
    expect(heard.map((part) => 'delta' in part && part.delta)).toEqual(['one', ' two'])
  })

  test('a kill in the middle cuts the stream', async () => {
    const stop = new AbortController()
    const call = await serve([misbehave.runaway(50_000, true)])
    const answer = await call({
      streamed: (part) => part.type === 'text' && stop.abort(new Error('killed: fleet')),
      signal: stop.signal,
    })
    expect(answer).toMatchObject({ ok: false, class: 'aborted', message: 'killed: fleet', retryable: false })
    expect(answer.text.length).toBeLessThan(1_000)
  })
})

test('other routes are not found', async () => {
  server = await modelServer({ replies: [] })
  expect((await fetch(`${server.url}/models`)).status).toBe(404)
})
