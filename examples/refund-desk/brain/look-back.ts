import type { ScriptedRequest } from 'midwatch/testing'
import type { FoundCustomer, FoundOrder } from '../acts/find.js'
import { type Reading, readMessage } from './read-message.js'

export type Messages = ScriptedRequest['messages']

/** One answer to a tool call, as the model reads it. */
export interface Result {
  readonly tool: string
  readonly error: boolean
  readonly output: unknown
  /** The same as lower-case text, for words such as `ceiling` or `already_refunded`. */
  readonly text: string
}

/** All that the scripted model knows: what the conversation holds, and nothing else. */
export interface Past {
  readonly reading: Reading
  /** What find_order said last; null before it was asked. */
  readonly order: FoundOrder | { readonly found: false } | null
  readonly customer: FoundCustomer | { readonly found: false } | null
  readonly results: readonly Result[]
  /** The newest result. */
  readonly last: Result | null
  /** How often a tool was called, whatever came of it. */
  calls(tool: string): number
  did(tool: string): boolean
  tried(tool: string): boolean
}

/** Reads a conversation anew each time: the model keeps nothing between two answers. */
export function lookBack(messages: Messages): Past {
  const results = messages.flatMap((m): Result[] =>
    m.role === 'tool'
      ? [{ tool: m.name, error: m.error === true, output: m.output, text: JSON.stringify(m.output).toLowerCase() }]
      : [],
  )
  const good = (tool: string) => results.findLast((r) => r.tool === tool && !r.error)
  const called = messages.flatMap((m) => (m.role === 'assistant' ? (m.toolCalls ?? []) : []))
  return {
    reading: readMessage(requestIn(messages)),
    order: (good('find_order')?.output as Past['order'] | undefined) ?? null,
    customer: (good('find_customer')?.output as Past['customer'] | undefined) ?? null,
    results,
    last: results.at(-1) ?? null,
    calls: (tool) => called.filter((call) => call.name === tool).length,
    did: (tool) => good(tool) !== undefined,
    tried: (tool) => results.some((r) => r.tool === tool),
  }
}

/** What the customer wrote: the first user message, or the `message` field where it is JSON. */
function requestIn(messages: Messages): string {
  const text = messages.find((m) => m.role === 'user')?.text ?? ''
  try {
    const read: unknown = JSON.parse(text)
    if (typeof read === 'object' && read !== null && 'message' in read) return String(read.message)
  } catch {
    // A plain message, as customers write them.
  }
  return text
}
