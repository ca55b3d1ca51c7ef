import type { Detector } from './signal.js'
import { SIGNAL_THRESHOLDS } from './thresholds.js'

/** The prompt grows by much from call to call: what is carried along outgrows what is decided. */
export function contextSlope(): Detector {
  const { context_slope_tokens: steep, context_slope_calls: calls } = SIGNAL_THRESHOLDS
  let sizes: { readonly step: string; readonly tokens: number }[] = []
  return (happened) => {
    if (happened.kind !== 'reply' || happened.contextTokens === null) return null
    sizes = [...sizes, { step: happened.step, tokens: happened.contextTokens }].slice(-calls)
    const first = sizes[0]?.tokens ?? 0
    if (sizes.length < calls || happened.contextTokens - first < steep * (calls - 1)) return null
    const seen = sizes
    sizes = []
    const say = `The prompt grew from ${first} to ${happened.contextTokens} tokens within ${calls} calls.`
    const numbers = { from: first, to: happened.contextTokens, calls }
    return { signal: 'context_slope', steps: seen.map(({ step }) => step), numbers, say }
  }
}
