import { setImmediate, setTimeout } from 'node:timers/promises'
import type { Clock } from '../core/time.js'
import type { ModelPort, PortOptions, PortPart, PortResult, PortUsage } from '../models/port.js'
import type { PriceText } from '../models/price.js'
import {
  type Answer,
  type AnswerUsage,
  answerOf,
  brokenText,
  type HttpAnswer,
  httpFaultOf,
  wordsOf,
} from './scripted-model-answer.js'
import { type FaultReply, type Replies, replyTo, type ScriptedRequest } from './scripted-model-reply.js'
import { requestOf } from './scripted-model-request.js'

export interface ScriptedModelOptions {
  readonly replies: Replies
  /** The model's id; default `scripted`. */
  readonly name?: string
  /** Default: one dollar per million tokens of input, four of output. */
  readonly price?: PriceText
  readonly specificationVersion?: 'v3' | 'v4'
  /** For `afterMs`; default real time. */
  readonly clock?: Pick<Clock, 'sleep'>
  /** Which answer of a list is due, from 1, by the conversation; default: calls in the order of their arrival. */
  readonly turnOf?: (asked: PortOptions) => number
}

/** A model in process that answers by script. `requests` are all calls so far, the faulty ones included. */
export interface ScriptedModel extends ModelPort {
  readonly price: PriceText
  readonly requests: readonly ScriptedRequest[]
  /** Part of the specification: no file is fetched by the model itself. */
  readonly supportedUrls: Record<string, RegExp[]>
}

export function scriptedModel(options: ScriptedModelOptions): ScriptedModel {
  const requests: ScriptedRequest[] = []
  /** The answer, or the fault that has no status of its own. Throws what a provider would throw. */
  const answer = async (asked: PortOptions, stream: boolean): Promise<Answer | FaultReply> => {
    const request = requestOf(asked, options.turnOf?.(asked) ?? requests.length + 1, stream)
    requests.push(request)
    const reply = await replyTo(options.replies, request)
    if ('fault' in reply) return brokenOr(reply, asked.abortSignal)
    if (reply.afterMs !== undefined) await sleep(options.clock, reply.afterMs, asked.abortSignal)
    asked.abortSignal?.throwIfAborted()
    return answerOf(reply, request)
  }
  return {
    specificationVersion: options.specificationVersion ?? 'v3',
    provider: 'scripted',
    modelId: options.name ?? 'scripted',
    price: options.price ?? { input: '$1', output: '$4' },
    supportedUrls: {},
    requests,
    doGenerate: async (asked) => resultOf(await answer(asked, false)),
    doStream: async (asked) => ({ stream: streamOf(await answer(asked, true), asked.abortSignal) }),
  }
}

async function brokenOr(reply: FaultReply, signal?: AbortSignal): Promise<FaultReply> {
  if (reply.fault === 'timeout') return forever(signal)
  const http = httpFaultOf(reply)
  if (http) throw httpError(http)
  return reply
}

function resultOf(answer: Answer | FaultReply): PortResult & { warnings: [] } {
  if ('fault' in answer) throw answer.fault === 'cut' ? cutError() : unreadableError()
  return {
    content: contentOf(answer),
    finishReason: { unified: answer.finish, raw: answer.finish },
    usage: portUsage(answer.usage),
    warnings: [],
  }
}

function contentOf({ text, reasoning, toolCalls }: Answer): PortPart[] {
  return [
    ...(reasoning === '' ? [] : [{ type: 'reasoning', text: reasoning }]),
    ...(text === '' ? [] : [{ type: 'text', text }]),
    ...toolCalls.map(({ id, name, inputText }) => ({
      type: 'tool-call',
      toolCallId: id,
      toolName: name,
      input: inputText,
    })),
  ]
}

/** Parts are made one at a time as they are read, so that a reader who stops stops the answer. */
function streamOf(answer: Answer | FaultReply, signal?: AbortSignal): ReadableStream<PortPart> {
  const parts = 'fault' in answer ? brokenParts(answer) : wholeParts(answer)
  return new ReadableStream<PortPart>({
    async pull(controller) {
      // One part a turn: a stream that never lets timers run could not be cut by one.
      await setImmediate()
      signal?.throwIfAborted()
      const { done, value } = parts.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
  })
}

function* wholeParts(answer: Answer): Generator<PortPart> {
  yield { type: 'stream-start', warnings: [] } as PortPart
  yield* deltas('reasoning', answer.reasoning)
  yield* deltas('text', answer.text)
  for (const { id, name, inputText } of answer.toolCalls) {
    yield { type: 'tool-input-start', id, toolName: name }
    yield { type: 'tool-input-delta', id, delta: inputText }
    yield { type: 'tool-input-end', id }
    yield { type: 'tool-call', toolCallId: id, toolName: name, input: inputText }
  }
  const finishReason = { unified: answer.finish, raw: answer.finish }
  yield { type: 'finish', finishReason, usage: portUsage(answer.usage) }
}

function* brokenParts(reply: FaultReply): Generator<PortPart> {
  yield { type: 'stream-start', warnings: [] } as PortPart
  for (const part of deltas('text', brokenText(reply))) {
    if (part.type !== 'text-end') yield part
  }
  if (reply.fault === 'cut') throw cutError()
  yield { type: 'error', error: unreadableError() }
  yield { type: 'finish', finishReason: { unified: 'error', raw: undefined }, usage: portUsage(undefined) }
}

function* deltas(type: 'text' | 'reasoning', text: string): Generator<PortPart> {
  if (text === '') return
  yield { type: `${type}-start`, id: type }
  for (const delta of wordsOf(text)) yield { type: `${type}-delta`, id: type, delta }
  yield { type: `${type}-end`, id: type }
}

function portUsage(usage: AnswerUsage | undefined): PortUsage & { outputTokens: { text: number | undefined } } & {
  inputTokens: { noCache: number | undefined }
} {
  const total = usage?.inputTokens
  const cacheRead = usage?.cachedInputTokens
  const output = usage?.outputTokens
  const reasoning = usage?.reasoningTokens
  return {
    inputTokens: {
      total,
      noCache: usage && usage.inputTokens - usage.cachedInputTokens,
      cacheRead,
      cacheWrite: undefined,
    },
    outputTokens: { total: output, text: usage && usage.outputTokens - usage.reasoningTokens, reasoning },
  }
}

/** Errors in the shape that provider packages throw. */
function httpError({ status, headers, body }: HttpAnswer): Error {
  const said = (JSON.parse(body) as { error: { message: string } }).error.message
  return named('AI_APICallError', said, { statusCode: status, responseHeaders: headers, responseBody: body })
}

function cutError(): Error {
  const cause = Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' })
  return new TypeError('terminated', { cause })
}

function unreadableError(): Error {
  return named('AI_JSONParseError', 'JSON parsing failed: the text ends in the middle.', {})
}

function named(name: string, message: string, fields: object): Error {
  return Object.assign(new Error(message), { name, ...fields })
}

function forever(signal?: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason)
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

async function sleep(clock: Pick<Clock, 'sleep'> | undefined, ms: number, signal?: AbortSignal): Promise<void> {
  if (clock) await clock.sleep(ms, signal)
  else await setTimeout(ms, undefined, signal ? { signal } : {})
}
