import { sha256 } from '../core/digest.js'
import type { FaultReply, SaidReply, ScriptedRequest } from './scripted-model-reply.js'

/** A reply as a provider would give it: capped, counted, every call with its id. */
export interface Answer {
  readonly text: string
  readonly reasoning: string
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly inputText: string }[]
  readonly finish: 'stop' | 'length' | 'tool-calls'
  readonly usage: AnswerUsage | undefined
}

export interface AnswerUsage {
  readonly inputTokens: number
  readonly cachedInputTokens: number
  readonly outputTokens: number
  readonly reasoningTokens: number
}

/** An HTTP answer, as a provider sends its errors. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const BYTES_PER_TOKEN = 4

export function answerOf(reply: SaidReply, request: ScriptedRequest): Answer {
  const cap = reply.ignoresCap ? Number.POSITIVE_INFINITY : (request.maxOutputTokens ?? Number.POSITIVE_INFINITY)
  const room = { bytes: cap * BYTES_PER_TOKEN, cut: false }
  const reasoning = take(reply.reasoning ?? '', room)
  const text = take(reply.text ?? '', room)
  // Ids come from the conversation, not from a counter: a model that starts again must not reuse one within a run.
  const messages = request.messages.map((message) => JSON.stringify(message))
  const conversation = sha256(`[${messages.join(',')}]`).slice(0, 12)
  const toolCalls = (reply.toolCalls ?? []).map((call, index) => ({
    id: call.id ?? `call_${conversation}_${index + 1}`,
    name: call.name,
    inputText: take('inputText' in call ? call.inputText : JSON.stringify(call.input), room),
  }))
  const said = [reasoning, text, ...toolCalls.map((call) => call.name + call.inputText)]
  const finish = room.cut ? 'length' : toolCalls.length > 0 ? 'tool-calls' : 'stop'
  return { text, reasoning, toolCalls, finish, usage: usageOf(reply, [...messages, ...request.tools], said) }
}

/** The HTTP error of a fault; undefined for those that never become a status. */
export function httpFaultOf(reply: FaultReply): HttpAnswer | undefined {
  switch (reply.fault) {
    case 'rate_limit':
      return http(429, 'rate_limit_exceeded', 'Rate limit reached.', waitHeaders(reply))
    case 'server_error':
      return http(reply.status ?? 500, 'server_error', 'The server had an error.', waitHeaders(reply))
    case 'content_filter':
      return http(400, 'content_filter', 'The prompt triggered the content management policy.')
    case 'context_length':
      return http(400, 'context_length_exceeded', "This model's maximum context length was exceeded.")
    case 'auth':
      return http(401, 'invalid_api_key', 'Incorrect API key provided.')
    case 'invalid_request':
      return http(400, 'invalid_request', 'The script has no reply for this request.')
    default:
      return undefined
  }
}

/** What is still heard of an answer that breaks off: half of its words. */
export function brokenText(reply: FaultReply): string {
  const words = wordsOf(('text' in reply && reply.text) || 'This answer is never heard to its end.')
  return words.slice(0, Math.ceil(words.length / 2)).join('')
}

/** Words with the white space around them, so that joined they give the text again. */
export function wordsOf(text: string): string[] {
  return text.match(/\s*\S+\s*$|\s*\S+|\s+$/g) ?? []
}

function http(status: number, code: string, message: string, headers: Record<string, string> = {}): HttpAnswer {
  const body = JSON.stringify({ error: { message, type: code, code } })
  return { status, headers: { 'content-type': 'application/json', ...headers }, body }
}

/** Whole seconds as providers mostly send them, a date, or OpenAI's own header for anything finer. */
function waitHeaders(reply: { retryAfterMs?: number; retryAt?: Date }): Record<string, string> {
  if (reply.retryAt) return { 'retry-after': reply.retryAt.toUTCString() }
  if (reply.retryAfterMs === undefined) return {}
  if (reply.retryAfterMs % 1_000 === 0) return { 'retry-after': String(reply.retryAfterMs / 1_000) }
  return { 'retry-after-ms': String(reply.retryAfterMs) }
}

function usageOf(reply: SaidReply, prompt: readonly string[], said: readonly string[]): AnswerUsage | undefined {
  if (reply.usage === 'missing') return undefined
  return {
    inputTokens: reply.usage?.inputTokens ?? Math.max(1, tokens(prompt.join(''))),
    cachedInputTokens: 0,
    outputTokens: tokens(said.join('')),
    reasoningTokens: tokens(said[0] ?? ''),
    ...reply.usage,
  }
}

function tokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN)
}

/** As much of the text as still fits. */
function take(text: string, room: { bytes: number; cut: boolean }): string {
  const bytes = Buffer.byteLength(text)
  if (bytes <= room.bytes) {
    room.bytes -= bytes
    return text
  }
  const kept = Buffer.from(text)
    .subarray(0, room.bytes)
    .toString()
    .replace(/\uFFFD+$/, '')
  Object.assign(room, { bytes: 0, cut: true })
  return kept
}
