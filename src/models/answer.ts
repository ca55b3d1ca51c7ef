import type { PortFinish, PortPart, PortUsage } from './port.js'
import type { ProviderMetadata, SignedThought, ToolCall } from './prompt.js'

/** What a listener hears of a streamed answer, live. Nothing of it is journalled. */
export type StreamPart =
  | { readonly type: 'text' | 'reasoning'; readonly delta: string }
  | { readonly type: 'tool_input'; readonly id: string; readonly delta: string }
  | { readonly type: 'tool_call'; readonly call: ToolCall }
export type Listener = (part: StreamPart) => void

/** What a model has said so far, whole or in parts. */
export interface Said {
  text: string
  reasoning: string
  readonly toolCalls: ToolCall[]
  readonly thoughts: Map<string, { text: string; metadata?: ProviderMetadata }>
  finish?: PortFinish
  usage?: PortUsage
  /** The first error part of a stream. */
  error?: unknown
}

export function nothingSaid(): Said {
  return { text: '', reasoning: '', toolCalls: [], thoughts: new Map() }
}

/** Takes in one part, of a whole answer or of a stream. Parts of unknown type are passed over, as the specification asks. */
export function hear(said: Said, part: PortPart, listener: Listener = () => {}): void {
  HEARERS[part.type]?.(said, part, listener)
}

type Hearer = (said: Said, part: PortPart, listener: Listener) => void
const HEARERS: Readonly<Record<string, Hearer | undefined>> = {
  text: hearText,
  'text-delta': hearText,
  reasoning: hearThought,
  'reasoning-start': hearThought,
  'reasoning-delta': hearThought,
  'reasoning-end': hearThought,
  'tool-call': hearCall,
  'tool-input-delta': (_, { id = '', delta = '' }, listener) => tell(listener, { type: 'tool_input', id, delta }),
  error: (said, part) => {
    said.error ??= part.error ?? 'The provider sent an error without words.'
  },
  finish: (said, part) => {
    said.finish = part.finishReason
    said.usage = part.usage
  },
}

/** The reasoning parts that carry metadata their provider wants back. */
export function signedThoughts(said: Said): SignedThought[] {
  return [...said.thoughts.values()].flatMap(({ text, metadata }) => (metadata ? [{ text, metadata }] : []))
}

function hearText(said: Said, part: PortPart, listener: Listener): void {
  const delta = part.text ?? part.delta ?? ''
  said.text += delta
  if (delta !== '') tell(listener, { type: 'text', delta })
}

function hearThought(said: Said, part: PortPart, listener: Listener): void {
  const delta = part.text ?? part.delta ?? ''
  said.reasoning += delta
  const id = part.id ?? `#${said.thoughts.size}`
  const before = said.thoughts.get(id)
  const metadata = part.providerMetadata ?? before?.metadata
  said.thoughts.set(id, { text: (before?.text ?? '') + delta, ...(metadata && { metadata }) })
  if (delta !== '') tell(listener, { type: 'reasoning', delta })
}

function hearCall(said: Said, part: PortPart, listener: Listener): void {
  const call: ToolCall = {
    id: part.toolCallId ?? `call_${said.toolCalls.length + 1}`,
    name: part.toolName ?? '',
    inputText: typeof part.input === 'string' ? part.input : JSON.stringify(part.input ?? {}),
    ...(part.providerMetadata && { metadata: part.providerMetadata }),
    ...(part.providerExecuted && { byProvider: true as const }),
  }
  said.toolCalls.push(call)
  tell(listener, { type: 'tool_call', call })
}

/** A listener that throws must not cost an answer that is already paid for. */
function tell(listener: Listener, part: StreamPart): void {
  try {
    listener(part)
  } catch {}
}
