import type { CalledTool, Detector } from './signal.js'
import { SIGNAL_THRESHOLDS } from './thresholds.js'

/** Failures close together: guesses in place of knowledge. They are counted anew after each hit. */
export function repeatedErrors(): Detector {
  let last: CalledTool[] = []
  const { repeated_errors_times: times, repeated_errors_window: window } = SIGNAL_THRESHOLDS
  return (happened) => {
    if (happened.kind !== 'call') return null
    last = [...last, happened].slice(-window)
    const failed = last.filter(({ ok }) => !ok)
    if (failed.length < times) return null
    last = []
    const steps = failed.map(({ step }) => step)
    const say = `${failed.length} of the last ${window} calls failed: ${[...new Set(failed.map(({ tool }) => tool))].join(', ')}.`
    return { signal: 'repeated_errors', steps, numbers: { failed: failed.length, calls: window }, say }
  }
}
