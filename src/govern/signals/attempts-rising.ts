import type { CalledTool, Detector } from './signal.js'
import { SIGNAL_THRESHOLDS } from './thresholds.js'

/** Each call needs more attempts than the one before: the world is failing, and the agent leans on retries. */
export function attemptsRising(): Detector {
  let rising: CalledTool[] = []
  return (happened) => {
    if (happened.kind !== 'call') return null
    const before = rising.at(-1)
    rising = before && happened.attempts > before.attempts ? [...rising, happened] : [happened]
    if (rising.length < SIGNAL_THRESHOLDS.attempts_rising_calls) return null
    const seen = rising
    rising = []
    const say = `The last ${seen.length} calls needed ${seen.map(({ attempts }) => attempts).join(', then ')} attempts.`
    const numbers = { from: seen[0]?.attempts ?? 0, to: happened.attempts }
    return { signal: 'attempts_rising', steps: seen.map(({ step }) => step), numbers, say }
  }
}
