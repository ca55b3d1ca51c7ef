import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { describe, expect, test } from 'vitest'
import type { StreamPart } from '../models/answer.js'
import { callModel, type ModelAnswer } from '../models/call.js'
import { priceOf } from '../models/prices.js'
import type { Message } from '../models/prompt.js'
import { manualClock } from './manual-clock.js'
import { modelServer } from './model-server.js'
import { type ScriptedModel, scriptedModel } from './scripted-model.js'
import { type FaultReply, misbehave } from './scripted-model-reply.js'

const HELLO: readonly Message[] = [{ role: 'user', text: 'Hello' }]

interface Asked {
  readonly streamed?: boolean
  readonly signal?: AbortSignal
  readonly prompt?: readonly Message[]
}

const call = (model: ScriptedModel, { streamed, signal, prompt = HELLO }: Asked = {}): Promise<ModelAnswer> =>
  callModel({
    model,
    prompt,
    tools: [],
    maxOutputTokens: 100,
    signal: signal ?? new AbortController().signal,
    ...(streamed && { stream: () => {} }),
  })

test('it is of either version of the specification', () => {
  expect(scriptedModel({ replies: [] })).toMatchObject({ specificationVersion: 'v3', modelId: 'scripted' })
  expect(scriptedModel({ replies: [], specificationVersion: 'v4', name: 'large' })).toMatchObject({
    specificationVersion: 'v4',
    provider: 'scripted',
    modelId: 'large',
  })
})

test('it carries its own price', () => {
  expect(priceOf(scriptedModel({ replies: [] }))).toMatchObject({ input: 1_000_000, output: 4_000_000 })
  expect(priceOf(scriptedModel({ replies: [], price: { input: '$3', output: '$9' } })).input).toBe(3_000_000)
})

test('a function answers by what it sees', async () => {
  const model = scriptedModel({
    replies: ({ call: n, messages }) => `call ${n}: ${messages.map((message) => message.role).join(' ')}`,
  })
  expect(await call(model)).toMatchObject({ text: 'call 1: user' })
  expect(await call(model, { prompt: [{ role: 'system', text: 'Be.' }, ...HELLO] })).toMatchObject({
    text: 'call 2: system user',
  })
  expect(model.requests.map((request) => request.stream)).toEqual([false, false])
})

test('ids of calls follow from the conversation, so a second process gives no id twice within it', async () => {
  const replies = [
    {
      toolCalls: [
        { name: 'find', input: 1 },
        { name: 'find', input: 1 },
      ],
    },
  ]
  const idsOf = async (prompt: readonly Message[]) => {
    const answer = await call(scriptedModel({ replies }), { prompt })
    return answer.ok ? answer.toolCalls.map((one) => one.id) : []
  }
  const first = await idsOf(HELLO)
  expect(await idsOf(HELLO)).toEqual(first)
  const next = await idsOf([...HELLO, { role: 'assistant', text: 'x' }])
  expect(new Set([...first, ...next]).size).toBe(4)
})

test('an answer takes its time on the given clock', async () => {
  const clock = manualClock(0)
  const model = scriptedModel({ replies: [{ text: 'Late.', afterMs: 500 }], clock })
  const answer = call(model).then((done) => ({ done, at: clock.now() }))
  await clock.advance(499)
  expect(clock.sleepers).toBe(1)
  await clock.advance(1)
  expect(await answer).toMatchObject({ done: { text: 'Late.' }, at: 500 })
})

test('a stream lets timers run, so that one can cut it', async () => {
  const model = scriptedModel({ replies: [misbehave.runaway(100_000, true)] })
  const stop = new AbortController()
  const answer = await callModel({
    model,
    prompt: HELLO,
    tools: [],
    maxOutputTokens: 100,
    signal: stop.signal,
    stream: () => setTimeout(() => stop.abort(new DOMException('', 'TimeoutError')), 0),
  })
  expect(answer).toMatchObject({ ok: false, class: 'timeout', text: expect.stringMatching(/^on,/) })
  expect(answer.text.length).toBeLessThan(400_000)
})

test('an answer under way is given up with its signal', async () => {
  const model = scriptedModel({ replies: () => ({ text: 'Late.', afterMs: 60_000 }) })
  const stop = new AbortController()
  const answer = call(model, { signal: stop.signal })
  stop.abort(new Error('killed'))
  expect(await answer).toMatchObject({ ok: false, class: 'aborted' })
})

describe('in process and behind HTTP it answers alike', () => {
  const FAULTS: FaultReply[] = [
    { fault: 'rate_limit', retryAfterMs: 2_000 },
    { fault: 'rate_limit', retryAfterMs: 150 },
    { fault: 'server_error', status: 502 },
    { fault: 'cut', text: 'one two three four' },
    { fault: 'cut' },
    { fault: 'truncated_json', text: 'one two three four' },
    { fault: 'content_filter' },
    { fault: 'context_length' },
    { fault: 'auth' },
    { fault: 'invalid_request' },
  ]
  const REPLIES = [
    'A plain text.',
    { text: 'I look.', reasoning: 'Hm.', toolCalls: [{ name: 'find', input: { id: 'W1' } }] },
    misbehave.malformedArguments('find'),
    misbehave.unknownTool(),
    misbehave.runaway(900),
    misbehave.runaway(900, true),
    { text: 'Counted.', usage: { inputTokens: 50, cachedInputTokens: 20, outputTokens: 9 } },
    misbehave.withoutUsage('Not counted.'),
    ...FAULTS,
  ]
  const essence = (answer: ModelAnswer) =>
    answer.ok
      ? { ...answer, toolCalls: answer.toolCalls.map(({ name, inputText }) => ({ name, inputText })) }
      : { class: answer.class, text: answer.text, retryAfterMs: answer.retryAfterMs, usage: answer.usage }

  test.each([false, true])('streamed: %s', async (streamed) => {
    const server = await modelServer({ replies: REPLIES })
    const remote = createOpenAICompatible({ name: 'x', baseURL: server.url, includeUsage: true })('m')
    const local = scriptedModel({ replies: REPLIES })
    for (const reply of REPLIES) {
      const stream = { ...(streamed && { stream: (_: StreamPart) => {} }) }
      const asked = { prompt: HELLO, tools: [], maxOutputTokens: 100, signal: new AbortController().signal, ...stream }
      const [there, here] = [await callModel({ model: remote, ...asked }), await callModel({ model: local, ...asked })]
      expect(essence(here), JSON.stringify(reply)).toEqual(essence(there))
    }
    await server.close()
  })
})

test('a repeated call is the same reply again', () => {
  const reply = { toolCalls: [{ name: 'find', input: {} }] }
  expect(misbehave.repeat(reply, 3)).toEqual([reply, reply, reply])
})

test('a cap within a character cuts before it', async () => {
  const model = scriptedModel({ replies: [`${'x'.repeat(399)}€`] })
  expect(await call(model)).toMatchObject({ text: 'x'.repeat(399), finish: 'length' })
})
