import type { JsonValue } from '../core/json.js'
import { readArguments } from './arguments.js'
import type { PortJson, PortMessage, PortMetadata, PortReasoning, PortTool, PortToolCall } from './port.js'

/** What a provider wants back untouched with a later prompt, such as a signature of its reasoning. */
export type ProviderMetadata = Readonly<Record<string, Readonly<Record<string, JsonValue | undefined>>>>

/** A tool call as the model proposed it. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  /** The arguments as JSON text, as they came: perhaps malformed. */
  readonly inputText: string
  readonly metadata?: ProviderMetadata
  /** The provider ran it itself, outside the ledger. */
  readonly byProvider?: true
}

/** A reasoning part that its provider wants back (it carries a signature). */
export interface SignedThought {
  readonly text: string
  readonly metadata: ProviderMetadata
}

/** One message of a conversation, in our own terms: it rests in journals, so it holds JSON alone. */
export type Message =
  | { readonly role: 'system'; readonly text: string }
  | { readonly role: 'user'; readonly text: string }
  | {
      readonly role: 'assistant'
      readonly text: string
      readonly toolCalls?: readonly ToolCall[]
      readonly thoughts?: readonly SignedThought[]
    }
  | ToolResult

/** The answer to one tool call. `error` marks refusals and faults, which the model may read and mend. */
export interface ToolResult {
  readonly role: 'tool'
  readonly callId: string
  readonly name: string
  readonly output: JsonValue
  readonly error?: boolean
}

/** A tool as a model sees it. */
export interface ModelTool {
  readonly name: string
  readonly description: string
  /** JSON Schema, draft 7. */
  readonly inputSchema: object
}

/**
 * The provider prompt. The parts used here (text, signed reasoning, tool calls, tool results) have one shape in `v3`
 * and `v4`. Results that follow each other travel as one message, as providers that take turns strictly expect.
 */
export function portPrompt(messages: readonly Message[]): PortMessage[] {
  const prompt: PortMessage[] = []
  for (const message of messages) {
    const before = prompt.at(-1)
    const next = portMessage(message)
    if (next.role === 'tool' && before?.role === 'tool') before.content.push(...next.content)
    else prompt.push(next)
  }
  return prompt
}

/** Function tools; `undefined` for none, since some providers refuse an empty list. */
export function portTools(tools: readonly ModelTool[]): PortTool[] | undefined {
  if (tools.length === 0) return undefined
  return tools.map(({ name, description, inputSchema }) => ({ type: 'function', name, description, inputSchema }))
}

function portMessage(message: Message): PortMessage {
  if (message.role === 'system') return { role: 'system', content: message.text }
  if (message.role === 'user') return { role: 'user', content: [{ type: 'text', text: message.text }] }
  if (message.role === 'tool') return { role: 'tool', content: [portResult(message)] }
  const thoughts = (message.thoughts ?? []).map(
    ({ text, metadata }): PortReasoning => ({ type: 'reasoning', text, providerOptions: metadata as PortMetadata }),
  )
  const text = message.text === '' ? [] : [{ type: 'text' as const, text: message.text }]
  return { role: 'assistant', content: [...thoughts, ...text, ...(message.toolCalls ?? []).map(portCall)] }
}

function portCall(call: ToolCall): PortToolCall {
  const part: PortToolCall = {
    type: 'tool-call',
    toolCallId: call.id,
    toolName: call.name,
    input: inputOf(call.inputText),
  }
  if (call.metadata) part.providerOptions = call.metadata as PortMetadata
  return part
}

/** Providers take objects alone; what could not be read goes back under a name that says so. */
function inputOf(text: string): object {
  const read = readArguments(text)
  return read.ok ? read.args : { unreadable: text }
}

function portResult({ callId, name, output, error }: ToolResult) {
  const isText = typeof output === 'string'
  const value = isText
    ? { type: error ? ('error-text' as const) : ('text' as const), value: output }
    : { type: error ? ('error-json' as const) : ('json' as const), value: output as PortJson }
  return { type: 'tool-result' as const, toolCallId: callId, toolName: name, output: value }
}
