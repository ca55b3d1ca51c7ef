import { expect, test } from 'vitest'
import { callModel, type ModelCall } from './call.js'
import type { ModelPort, PortOptions, PortPart, PortResult } from './port.js'
import { NO_USAGE, UNKNOWN_USAGE } from './usage.js'

const USAGE = {
  inputTokens: { total: 10, cacheRead: 0, cacheWrite: 2 },
  outputTokens: { total: 3, reasoning: undefined },
}
const DONE: PortResult = {
  content: [{ type: 'text', text: 'Done.' }],
  finishReason: { unified: 'stop' },
  usage: USAGE,
}

/** A port whose two methods do what a test says; `asked` holds what it was asked. */
function port(answer: (options: PortOptions) => Promise<PortResult> | PortResult, parts: PortPart[] = []) {
  const asked: PortOptions[] = []
  const model: ModelPort = {
    specificationVersion: 'v4',
    provider: 'own.chat',
    modelId: 'm',
    doGenerate: async (options) => {
      asked.push(options)
      return answer(options)
    },
    doStream: async (options) => {
      asked.push(options)
      return { stream: streamOf(parts) }
    },
  }
  return { model, asked }
}

function streamOf(parts: readonly PortPart[]): ReadableStream<PortPart> {
  return new ReadableStream({
    start: (controller) => {
      for (const part of parts) controller.enqueue(part)
      controller.close()
    },
  })
}

const call = (model: ModelPort, more: Partial<ModelCall> = {}) =>
  callModel({
    model,
    prompt: [{ role: 'user', text: 'Hello' }],
    tools: [],
    maxOutputTokens: 50,
    signal: new AbortController().signal,
    ...more,
  })

test('one attempt is one call of the provider, with what was set and nothing else', async () => {
  const { model, asked } = port(() => DONE)
  const providerOptions = { own: { effort: 'low' } }
  await call(model, { temperature: 0, providerOptions })
  expect(asked).toEqual([
    {
      prompt: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
      maxOutputTokens: 50,
      temperature: 0,
      providerOptions,
      abortSignal: expect.any(AbortSignal),
    },
  ])
  await call(model)
  expect(Object.keys(asked[1] ?? {})).toEqual(['prompt', 'maxOutputTokens', 'abortSignal'])
})

test('a failing provider is called once', async () => {
  const { model, asked } = port(() => Promise.reject(Object.assign(new Error('busy'), { statusCode: 503 })))
  expect(await call(model)).toMatchObject({ ok: false, class: 'transient', status: 503 })
  expect(asked).toHaveLength(1)
})

test('usage is what the provider gave, cache writes included', async () => {
  expect(await call(port(() => DONE).model)).toMatchObject({
    usage: { inputTokens: 10, cachedInputTokens: 0, cacheWriteTokens: 2, outputTokens: 3, reasoningTokens: undefined },
  })
})

test('a storm of rate limits costs nothing, a server’s error costs no one knows what', async () => {
  const failing = (statusCode: number) => port(() => Promise.reject(Object.assign(new Error(''), { statusCode }))).model
  expect(await call(failing(429))).toMatchObject({ class: 'rate_limit', usage: NO_USAGE })
  expect(await call(failing(500))).toMatchObject({ class: 'transient', usage: UNKNOWN_USAGE })
})

test('a call that is aborted before it starts asks nobody and costs nothing', async () => {
  const { model, asked } = port(() => DONE)
  expect(await call(model, { signal: AbortSignal.abort(new Error('killed')) })).toMatchObject({
    class: 'aborted',
    usage: NO_USAGE,
  })
  expect(asked).toHaveLength(0)
})

test('a provider that ignores its signal does not hold the step', async () => {
  const stop = new AbortController()
  const { model } = port(() => {
    queueMicrotask(() => stop.abort(new DOMException('', 'TimeoutError')))
    return new Promise<PortResult>(() => {})
  })
  expect(await call(model, { signal: stop.signal })).toMatchObject({ class: 'timeout', retryable: true })
})

test('a stream that ends without a finish is a transient fault', async () => {
  const { model } = port(() => DONE, [{ type: 'text-delta', id: '1', delta: 'Half' }])
  expect(await call(model, { stream: () => {} })).toMatchObject({ ok: false, class: 'transient', text: 'Half' })
})

test('a stream that breaks after its finish part keeps the usage', async () => {
  const finish: PortPart = { type: 'finish', finishReason: { unified: 'error' }, usage: USAGE }
  const error = { message: 'Too many requests, slow down', code: 'x' }
  const { model } = port(() => DONE, [{ type: 'error', error }, finish])
  expect(await call(model, { stream: () => {} })).toMatchObject({
    class: 'rate_limit',
    usage: { inputTokens: 10, outputTokens: 3 },
  })
})

test('a stream that is cut hangs up on its provider', async () => {
  const stop = new AbortController()
  let hungUp = false
  const endless = new ReadableStream<PortPart>({
    pull: (controller) => controller.enqueue({ type: 'text-delta', id: '1', delta: 'on ' }),
    cancel: () => {
      hungUp = true
    },
  })
  const model: ModelPort = { ...port(() => DONE).model, doStream: async () => ({ stream: endless }) }
  const answer = await call(model, { signal: stop.signal, stream: () => stop.abort(new Error('killed')) })
  expect(answer).toMatchObject({ class: 'aborted', text: expect.stringMatching(/^on /), usage: UNKNOWN_USAGE })
  expect(hungUp).toBe(true)
})

test('a listener that throws does not cost the answer', async () => {
  const finish: PortPart = { type: 'finish', finishReason: { unified: 'stop' }, usage: USAGE }
  const { model } = port(() => DONE, [{ type: 'text-delta', id: '1', delta: 'Hi' }, { type: 'raw' }, finish])
  const stream = () => {
    throw new Error('listener broke')
  }
  expect(await call(model, { stream })).toMatchObject({ ok: true, text: 'Hi' })
})

test('a filtered answer is a fault that another model may do better', async () => {
  const { model } = port(() => ({ ...DONE, finishReason: { unified: 'content-filter' } }))
  expect(await call(model)).toMatchObject({ class: 'content_filter', retryable: false, fallback: true, text: 'Done.' })
})

test.each([
  ['stop', 'stop'],
  ['length', 'length'],
  ['tool-calls', 'tool_calls'],
  ['other', 'other'],
])('finish %s reads as %s', async (unified, finish) => {
  expect(await call(port(() => ({ ...DONE, finishReason: { unified } })).model)).toMatchObject({ ok: true, finish })
})

test('signed reasoning and call metadata are kept, for the provider wants them back', async () => {
  const signature = { own: { signature: 's' } }
  const parts: PortPart[] = [
    { type: 'reasoning-start', id: 'r' },
    { type: 'reasoning-delta', id: 'r', delta: 'Hm' },
    { type: 'reasoning-delta', id: 'r', delta: 'm.' },
    { type: 'reasoning-end', id: 'r', providerMetadata: signature },
    { type: 'tool-call', toolCallId: 'c', toolName: 'find', input: '{}', providerMetadata: signature },
    { type: 'finish', finishReason: { unified: 'tool-calls' }, usage: USAGE },
  ]
  const expected = {
    reasoning: 'Hmm.',
    thoughts: [{ text: 'Hmm.', metadata: signature }],
    toolCalls: [{ id: 'c', name: 'find', inputText: '{}', metadata: signature }],
  }
  expect(await call(port(() => DONE, parts).model, { stream: () => {} })).toMatchObject(expected)
  const content: PortPart[] = [
    { type: 'reasoning', text: 'Hmm.', providerMetadata: signature },
    { type: 'tool-call', toolCallId: 'c', toolName: 'find', input: '{}', providerMetadata: signature },
  ]
  expect(await call(port(() => ({ ...DONE, content })).model)).toMatchObject(expected)
})

test('a call that the provider ran itself is marked', async () => {
  const content: PortPart[] = [
    { type: 'tool-call', toolCallId: 'c', toolName: 'web_search', input: '{}', providerExecuted: true },
    { type: 'tool-result', toolCallId: 'c' },
  ]
  expect(await call(port(() => ({ ...DONE, content })).model)).toMatchObject({
    toolCalls: [{ name: 'web_search', byProvider: true }],
  })
})
