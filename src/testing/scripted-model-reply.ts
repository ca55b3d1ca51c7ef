import type { Message } from '../models/prompt.js'

/** What a script may look at before it answers. */
export interface ScriptedRequest {
  /** From 1, in order of arrival at this model; in a rehearsal the turn of its run, faulty ones left out. */
  readonly call: number
  readonly messages: readonly Message[]
  /** Names of the tools on offer. */
  readonly tools: readonly string[]
  readonly maxOutputTokens: number | undefined
  readonly stream: boolean
}

/** Tokens as the provider would report them; what is left out is estimated at 4 bytes a token. */
export interface ScriptedUsage {
  readonly inputTokens?: number
  readonly cachedInputTokens?: number
  readonly outputTokens?: number
  readonly reasoningTokens?: number
}

/** `inputText` goes out as it is, so that arguments can be malformed. */
export type ScriptedCall = { readonly name: string; readonly id?: string } & (
  | { readonly input: unknown }
  | { readonly inputText: string }
)

export interface SaidReply {
  /** With tool calls: the stated reason for them. */
  readonly text?: string
  readonly reasoning?: string
  readonly toolCalls?: readonly ScriptedCall[]
  /** `missing`: the provider does not say what was used. */
  readonly usage?: ScriptedUsage | 'missing'
  /** Runs on past maxOutputTokens, as a provider without a cap would. */
  readonly ignoresCap?: boolean
  /** How long the answer takes. */
  readonly afterMs?: number
}

/**
 * timeout: never answers until aborted · cut: the connection breaks, after half of `text` where the answer streams ·
 * truncated_json: the body ends in the middle · the others: an HTTP error as providers send it.
 */
export type FaultReply =
  | { readonly fault: 'rate_limit'; readonly retryAfterMs?: number; readonly retryAt?: Date }
  | { readonly fault: 'server_error'; readonly status?: number; readonly retryAfterMs?: number }
  | { readonly fault: 'cut' | 'truncated_json'; readonly text?: string }
  | { readonly fault: 'timeout' | 'content_filter' | 'context_length' | 'auth' | 'invalid_request' }

/** One answer of a scripted model. A bare text is said as it is. */
export type Reply = string | SaidReply | FaultReply

/** Answers in order, or a function of the request. A list that has run out answers with an error that says so. */
export type Replies = readonly Reply[] | ((request: ScriptedRequest) => Reply | Promise<Reply>)

/** The reply to a request, whichever form the script has. */
export async function replyTo(replies: Replies, request: ScriptedRequest): Promise<SaidReply | FaultReply> {
  const reply = typeof replies === 'function' ? await replies(request) : replies[request.call - 1]
  if (reply === undefined) return { fault: 'invalid_request' }
  return typeof reply === 'string' ? { text: reply } : reply
}

/** How models misbehave, ready to put into a script. */
export const misbehave = {
  /** A call whose arguments end in the middle. */
  malformedArguments: (name: string): SaidReply => ({ toolCalls: [{ name, inputText: '{"orderId": "W1' }] }),
  /** A call of a tool that nobody offered. */
  unknownTool: (name = 'no_such_tool'): SaidReply => ({ toolCalls: [{ name, input: {} }] }),
  /** The same reply so many times. */
  repeat: (reply: Reply, times: number): Reply[] => Array.from({ length: times }, () => reply),
  /** An answer of so many tokens; `ignoresCap` lets it pass maxOutputTokens. */
  runaway: (tokens: number, ignoresCap = false): SaidReply => ({ text: 'on, '.repeat(tokens), ignoresCap }),
  /** A reply whose usage the provider keeps to itself. */
  withoutUsage: (text: string): SaidReply => ({ text, usage: 'missing' }),
} as const
