import type { Detector } from './signal.js'
import { SIGNAL_THRESHOLDS } from './thresholds.js'

/** Of the last estimates none was higher than the one before, and they fell by much: the run loses its way. */
export function confidenceFalling(): Detector {
  const { confidence_falling_by: much, confidence_falling_times: times } = SIGNAL_THRESHOLDS
  let falling: { readonly step: string; readonly confidence: number }[] = []
  return (happened) => {
    if (happened.kind !== 'estimate') return null
    const before = falling.at(-1)
    falling = before && happened.confidence <= before.confidence ? [...falling, happened].slice(-times) : [happened]
    const first = falling[0]?.confidence ?? 0
    if (falling.length < times || first - happened.confidence < much) return null
    const seen = falling
    falling = []
    const say = `Confidence fell from ${round(first)} to ${round(happened.confidence)} within ${seen.length} estimates.`
    const numbers = { from: first, to: happened.confidence, estimates: seen.length }
    return { signal: 'confidence_falling', steps: seen.map(({ step }) => step), numbers, say }
  }
}

const round = (value: number): number => Math.round(value * 100) / 100
