import { type Detector, factOf } from './signal.js'
import { SIGNAL_THRESHOLDS } from './thresholds.js'

/**
 * Call after call that tells only what was known. The same call at once again, as in calls side by side, is one look; each
 * further run of such calls is a hit of its own.
 */
export function noNewFacts(): Detector {
  const known = new Set<string>()
  let before = ''
  let stale: string[] = []
  return (happened) => {
    if (happened.kind !== 'call') return null
    const fact = factOf(happened)
    const isRepeated = fact === before
    before = fact
    if (isRepeated) return null
    stale = known.has(fact) ? [...stale, happened.step] : []
    known.add(fact)
    if (stale.length < SIGNAL_THRESHOLDS.no_new_facts_calls) return null
    const steps = stale
    stale = []
    const say = `The last ${steps.length} calls told nothing that was not known.`
    return { signal: 'no_new_facts', steps, numbers: { calls: steps.length }, say }
  }
}
