import { type JsonValue, toJson } from '../core/json.js'
import type { PortMessage, PortOptions } from '../models/port.js'
import type { Message, ToolCall } from '../models/prompt.js'
import type { ScriptedRequest } from './scripted-model-reply.js'

/** A provider call as a script sees it: the conversation back in our own terms. */
export function requestOf(options: PortOptions, call: number, stream: boolean): ScriptedRequest {
  return {
    call,
    messages: options.prompt.flatMap(messagesOf),
    tools: (options.tools ?? []).map((tool) => tool.name),
    maxOutputTokens: options.maxOutputTokens,
    stream,
  }
}

function messagesOf(message: PortMessage): Message[] {
  if (message.role === 'system') return [{ role: 'system', text: message.content }]
  if (message.role === 'user') return [{ role: 'user', text: message.content.map((part) => part.text).join('') }]
  if (message.role === 'assistant') return [assistantOf(message.content)]
  return message.content.map(({ toolCallId, toolName, output }) => ({
    role: 'tool',
    callId: toolCallId,
    name: toolName,
    output: toJson(output.value) as JsonValue,
    ...(output.type.startsWith('error') && { error: true }),
  }))
}

function assistantOf(content: Extract<PortMessage, { role: 'assistant' }>['content']): Message {
  const text = content.map((part) => (part.type === 'text' ? part.text : '')).join('')
  const toolCalls = content.flatMap((part): ToolCall[] =>
    part.type === 'tool-call'
      ? [{ id: part.toolCallId, name: part.toolName, inputText: JSON.stringify(part.input) }]
      : [],
  )
  return { role: 'assistant', text, ...(toolCalls.length > 0 && { toolCalls }) }
}
