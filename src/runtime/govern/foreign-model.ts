import type { PortPart, PortUsage } from '../../models/port.js'
import type { PriceText } from '../../models/price.js'

/**
 * A model object as AI SDK 6 and 7 take it (provider specification `v3`, `v4`), as far as a governed call of it goes. It is
 * structural: nothing here depends on a provider package.
 */
export interface ForeignModel {
  readonly specificationVersion: string
  readonly provider: string
  readonly modelId: string
  readonly price?: PriceText
  readonly supportedUrls?: unknown
  // biome-ignore lint/suspicious/noExplicitAny: each version of the specification has types of its own
  doGenerate(options: any): PromiseLike<any>
  // biome-ignore lint/suspicious/noExplicitAny: as above
  doStream(options: any): PromiseLike<any>
}

/** What a loop asks of a model. Everything but these is carried through untouched. */
export interface ForeignAsk {
  readonly prompt: readonly object[]
  readonly tools?: readonly ForeignTool[]
  readonly maxOutputTokens?: number
  readonly abortSignal?: AbortSignal
  readonly headers?: unknown
}

interface ForeignTool {
  readonly type: string
  readonly name: string
}

/** An answer as JSON: what its provider said, without requests, headers and bodies. */
export interface KeptAnswer {
  readonly content: readonly PortPart[]
  readonly finishReason: unknown
  readonly usage: PortUsage | undefined
  readonly warnings: readonly unknown[]
  readonly providerMetadata?: unknown
  readonly response?: { readonly id?: string; readonly modelId?: string; readonly timestamp?: string }
}
