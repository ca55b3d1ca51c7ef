import { type Detector, factOf } from './signal.js'
import { SIGNAL_THRESHOLDS } from './thresholds.js'

/**
 * A read that was asked for the third time, the sixth, … and gave what it gave before. A write that is proposed again is the
 * effect keys' business: it is not performed twice.
 */
export function sameCall(): Detector {
  const since = new Map<string, string[]>()
  const times = SIGNAL_THRESHOLDS.same_call_times
  return (happened) => {
    if (happened.kind !== 'call' || happened.write) return null
    const fact = factOf(happened)
    const steps = [...(since.get(fact) ?? []), happened.step]
    since.set(fact, steps.length < times ? steps : [])
    if (steps.length < times) return null
    const say = `${happened.tool} was called ${times} times with the same arguments and gave the same answer.`
    return { signal: 'same_call', steps, numbers: { times }, say }
  }
}
