import type { JsonValue } from '../core/json.js'
import type { Duration } from '../core/time.js'
import type { PriceText } from './price.js'

/**
 * The part of the AI SDK provider specification (`v3`, `v4`) that one model step needs. It is structural: any provider
 * package's model object fits as it is, and nothing here depends on such a package.
 */
export interface ModelPort {
  readonly specificationVersion: 'v3' | 'v4'
  readonly provider: string
  readonly modelId: string
  /** What the model costs, for models that no price table can know (scripted or self-hosted ones). */
  readonly price?: PriceText
  doGenerate(options: PortOptions): PromiseLike<PortResult>
  doStream(options: PortOptions): PromiseLike<{ stream: ReadableStream<PortPart> }>
}

/** A model as a definition names it: a provider's model object, with or without settings. */
export type Model =
  | ModelPort
  | {
      readonly model: ModelPort
      /** The provider's cap on one answer, reasoning included; part of every worst case. Default 2,048. */
      readonly maxOutputTokens?: number
      readonly temperature?: number
      readonly providerOptions?: object
      /** For one attempt. Default 60s. */
      readonly timeout?: Duration
    }

export interface PortOptions {
  prompt: PortMessage[]
  tools?: PortTool[]
  maxOutputTokens?: number
  temperature?: number
  providerOptions?: PortMetadata
  abortSignal?: AbortSignal
}

/** Values by provider name, carried through untouched. */
export type PortMetadata = Record<string, Record<string, PortJson>>
/** The specification's JSON: writable arrays, where ours are readonly. */
export type PortJson = null | string | number | boolean | { [key: string]: PortJson | undefined } | PortJson[]

export interface PortTool {
  type: 'function'
  name: string
  description?: string
  /** JSON Schema, draft 7. */
  inputSchema: object
}

export type PortMessage =
  | { role: 'system'; content: string }
  | { role: 'user'; content: PortText[] }
  | { role: 'assistant'; content: (PortText | PortReasoning | PortToolCall)[] }
  | { role: 'tool'; content: PortToolResult[] }
export interface PortText {
  type: 'text'
  text: string
}
export interface PortReasoning {
  type: 'reasoning'
  text: string
  providerOptions?: PortMetadata
}
export interface PortToolCall {
  type: 'tool-call'
  toolCallId: string
  toolName: string
  input: unknown
  providerOptions?: PortMetadata
}
export interface PortToolResult {
  type: 'tool-result'
  toolCallId: string
  toolName: string
  output: { type: 'text' | 'error-text'; value: string } | { type: 'json' | 'error-json'; value: PortJson }
}

/** Content of an answer, or a part of its stream: one flat shape, told apart by `type`; unknown types are passed over. */
export interface PortPart {
  readonly type: string
  readonly id?: string
  readonly text?: string
  readonly delta?: string
  readonly toolCallId?: string
  readonly toolName?: string
  /** Of a tool call: JSON as text, not yet parsed. */
  readonly input?: unknown
  readonly providerExecuted?: boolean
  readonly providerMetadata?: Readonly<Record<string, Readonly<Record<string, JsonValue | undefined>>>>
  readonly usage?: PortUsage
  readonly finishReason?: PortFinish
  readonly error?: unknown
}

export interface PortFinish {
  readonly unified: string
  readonly raw?: string | undefined
}

/** Any of it may be missing; missing is never zero. */
export interface PortUsage {
  readonly inputTokens: {
    readonly total: number | undefined
    readonly cacheRead: number | undefined
    readonly cacheWrite: number | undefined
  }
  readonly outputTokens: { readonly total: number | undefined; readonly reasoning: number | undefined }
}

export interface PortResult {
  readonly content: readonly PortPart[]
  readonly finishReason: PortFinish
  readonly usage: PortUsage
}
