import { type CalledTool, callOf, type Detector } from './signal.js'

/** A call failed, and the very next one is the same call. */
export function errorThenSameCall(): Detector {
  let before: CalledTool | null = null
  return (happened) => {
    if (happened.kind !== 'call') return null
    const failed = before
    before = happened
    if (failed === null || failed.ok || callOf(failed) !== callOf(happened)) return null
    const say = `${happened.tool} had failed, and was called again with the same arguments.`
    return { signal: 'error_then_same_call', steps: [failed.step, happened.step], numbers: { calls: 2 }, say }
  }
}
