import type { JsonValue } from '../core/json.js'
import type { Message } from '../models/prompt.js'
import { type Answer, wordsOf } from './scripted-model-answer.js'
import type { ScriptedRequest } from './scripted-model-reply.js'

/** The part of an OpenAI chat completion request that is looked at. */
export interface WireRequest {
  readonly model?: string
  readonly messages?: readonly WireMessage[]
  readonly tools?: readonly { readonly function: { readonly name: string } }[]
  readonly max_tokens?: number
  readonly max_completion_tokens?: number
  readonly stream?: boolean
  readonly stream_options?: { readonly include_usage?: boolean }
}

interface WireMessage {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool'
  readonly content: string | readonly { readonly text?: string }[] | null
  readonly tool_call_id?: string
  readonly tool_calls?: readonly {
    readonly id: string
    readonly function: { readonly name: string; readonly arguments: string }
  }[]
}

/** A wire request as a script sees it. */
export function requestOfWire(wire: WireRequest, call: number): ScriptedRequest {
  const names = new Map((wire.messages ?? []).flatMap(callNames))
  return {
    call,
    messages: (wire.messages ?? []).map((message) => messageOf(message, names)),
    tools: (wire.tools ?? []).map((tool) => tool.function.name),
    maxOutputTokens: wire.max_tokens ?? wire.max_completion_tokens,
    stream: wire.stream === true,
  }
}

/** The body of a whole answer. */
export function completionOf(answer: Answer, model: string): object {
  const message = {
    role: 'assistant',
    content: answer.text === '' ? null : answer.text,
    ...(answer.reasoning !== '' && { reasoning_content: answer.reasoning }),
    ...(answer.toolCalls.length > 0 && { tool_calls: answer.toolCalls.map(wireCall) }),
  }
  const choice = { index: 0, message, finish_reason: wireFinish(answer) }
  return { ...envelope('chat.completion', model), choices: [choice], ...usageOf(answer) }
}

/** The chunks of a streamed answer, in order. */
export function* chunksOf(answer: Answer, model: string, withUsage: boolean): Generator<object> {
  const chunk = (delta: object, finish: string | null = null) => ({
    ...envelope('chat.completion.chunk', model),
    choices: [{ index: 0, delta, finish_reason: finish }],
  })
  yield chunk({ role: 'assistant', content: '' })
  if (answer.reasoning !== '') yield chunk({ reasoning_content: answer.reasoning })
  for (const word of wordsOf(answer.text)) yield chunk({ content: word })
  for (const [index, call] of answer.toolCalls.map(wireCall).entries()) {
    const { arguments: text } = call.function
    const half = Math.ceil(text.length / 2)
    yield chunk({ tool_calls: [{ ...call, index, function: { ...call.function, arguments: text.slice(0, half) } }] })
    yield chunk({ tool_calls: [{ index, function: { arguments: text.slice(half) } }] })
  }
  yield chunk({}, wireFinish(answer))
  if (withUsage && answer.usage) {
    yield { ...envelope('chat.completion.chunk', model), choices: [], ...usageOf(answer) }
  }
}

function envelope(object: string, model: string) {
  return { id: 'chatcmpl-scripted', object, created: 0, model }
}

function wireCall({ id, name, inputText }: Answer['toolCalls'][number]) {
  return { id, type: 'function', function: { name, arguments: inputText } }
}

function wireFinish({ finish }: Answer): string {
  return finish === 'tool-calls' ? 'tool_calls' : finish
}

function usageOf({ usage }: Answer) {
  if (!usage) return {}
  return {
    usage: {
      prompt_tokens: usage.inputTokens,
      completion_tokens: usage.outputTokens,
      total_tokens: usage.inputTokens + usage.outputTokens,
      prompt_tokens_details: { cached_tokens: usage.cachedInputTokens },
      completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    },
  }
}

function messageOf(message: WireMessage, names: ReadonlyMap<string, string>): Message {
  const text = textOf(message.content)
  if (message.role === 'user') return { role: 'user', text }
  if (message.role === 'assistant') {
    const toolCalls = (message.tool_calls ?? []).map((call) => ({
      id: call.id,
      name: call.function.name,
      inputText: call.function.arguments,
    }))
    return { role: 'assistant', text, ...(toolCalls.length > 0 && { toolCalls }) }
  }
  if (message.role !== 'tool') return { role: 'system', text }
  const callId = message.tool_call_id ?? ''
  return { role: 'tool', callId, name: names.get(callId) ?? '', output: outputOf(text) }
}

/** The wire names a tool in its call alone; a result says only which call it answers. */
function callNames(message: WireMessage): [string, string][] {
  return (message.tool_calls ?? []).map((call) => [call.id, call.function.name])
}

function textOf(content: WireMessage['content']): string {
  if (typeof content === 'string') return content
  return (content ?? []).map((part) => part.text ?? '').join('')
}

/** The wire knows text alone; what reads as an object or array was JSON. */
function outputOf(text: string): JsonValue {
  if (!/^\s*[[{]/.test(text)) return text
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return text
  }
}
