import type { JsonValue } from '../../core/json.js'
import type { ModelPort, PortOptions, PortPart, PortResult } from '../../models/port.js'
import type { ForeignPrompt } from '../../orchestrator/model-step.js'
import { AnswerParts, keptOf } from './answer-parts.js'
import type { ForeignAsk, ForeignModel, KeptAnswer } from './foreign-model.js'
import type { LiveParts } from './live-parts.js'

/**
 * One question of an outer loop to its model, as a model port that a governed step can ask: the loop's own prompt goes to the
 * provider, whole or streamed as the loop wants it, one HTTP call an attempt.
 */
export class ForeignCall {
  #kept: KeptAnswer | null = null

  constructor(
    private readonly raw: ForeignModel,
    private readonly asked: ForeignAsk,
    /** Where a streamed answer goes; null where it is wanted whole. */
    private readonly live: LiveParts | null,
  ) {}

  get port(): ModelPort {
    const { specificationVersion, provider, modelId, price } = this.raw
    return {
      specificationVersion: specificationVersion as ModelPort['specificationVersion'],
      provider,
      modelId,
      ...(price && { price }),
      doGenerate: (options) => this.#answer(options),
      doStream: async (options) => ({ stream: partsOf(await this.#answer(options)) }),
    }
  }

  prompt(inputTokens: number): ForeignPrompt {
    return {
      inputTokens,
      kept: () => this.#kept as unknown as JsonValue,
      mayRepeat: () => !this.live?.spoken && !this.#signals().some((signal) => signal.aborted),
    }
  }

  /** What the loop may end the call with. */
  #signals(): AbortSignal[] {
    return [this.asked.abortSignal, this.live?.cancelled.signal].filter((signal) => signal !== undefined)
  }

  async #answer({ abortSignal, maxOutputTokens }: PortOptions): Promise<PortResult> {
    // Taken up again after the worker lost its run: what was said already cannot be said anew.
    if (this.live?.spoken) throw new Error('The answer broke off after part of it was given away.')
    const signals = [...this.#signals(), ...(abortSignal ? [abortSignal] : [])]
    const options = { ...this.asked, maxOutputTokens, abortSignal: AbortSignal.any(signals) }
    const whole = this.live ? await this.#stream(options, this.live) : await this.raw.doGenerate(options)
    this.#kept = keptOf(whole)
    return whole as PortResult
  }

  async #stream(options: ForeignAsk, live: LiveParts): Promise<PortResult> {
    live.attempt()
    const { stream } = (await this.raw.doStream(options)) as { stream: ReadableStream<PortPart> }
    const parts = new AnswerParts()
    const reader = stream.getReader()
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return parts.whole()
        if (value.type === 'error') throw value.error ?? new Error('The provider sent an error without words.')
        parts.hear(value as Parameters<AnswerParts['hear']>[0])
        live.hear(value)
      }
    } finally {
      reader.cancel().catch(() => undefined)
    }
  }
}

function partsOf({ content, finishReason, usage }: PortResult): ReadableStream<PortPart> {
  return new ReadableStream({
    start(to) {
      for (const part of content) to.enqueue(part)
      to.enqueue({ type: 'finish', finishReason, usage })
      to.close()
    },
  })
}
