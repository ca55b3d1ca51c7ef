import type { PortUsage } from './port.js'

/** Tokens of one call; `undefined` where the provider did not say: charge the reservation then, never zero. */
export interface ModelUsage {
  /** All input, cached included. */
  readonly inputTokens: number | undefined
  /** Part of the input that was read from the provider's cache. */
  readonly cachedInputTokens: number | undefined
  /** Part of the input that was written to the provider's cache. */
  readonly cacheWriteTokens: number | undefined
  /** All output, reasoning included. */
  readonly outputTokens: number | undefined
  readonly reasoningTokens: number | undefined
}

export const UNKNOWN_USAGE: ModelUsage = {
  inputTokens: undefined,
  cachedInputTokens: undefined,
  cacheWriteTokens: undefined,
  outputTokens: undefined,
  reasoningTokens: undefined,
}

/** Of a call that did no work at all. */
export const NO_USAGE: ModelUsage = {
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
}

/**
 * Usage as the provider gave it, without what cannot be true: a prompt is never 0 tokens and a reply with content is
 * not either (providers send 0 where they did not count).
 */
export function usageOf(usage: PortUsage | undefined, saidSomething: boolean): ModelUsage {
  if (!usage) return UNKNOWN_USAGE
  const output = count(usage.outputTokens?.total)
  return {
    inputTokens: count(usage.inputTokens?.total) || undefined,
    cachedInputTokens: count(usage.inputTokens?.cacheRead),
    cacheWriteTokens: count(usage.inputTokens?.cacheWrite),
    outputTokens: output === 0 && saidSomething ? undefined : output,
    reasoningTokens: count(usage.outputTokens?.reasoning),
  }
}

function count(value: number | undefined | null): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}
