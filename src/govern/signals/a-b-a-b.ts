import { type CalledTool, callOf, type Detector, factOf } from './signal.js'

/** Two different calls by turns, each twice, with the same answers: going to and fro learns nothing. */
export function aBAB(): Detector {
  let last: CalledTool[] = []
  return (happened) => {
    if (happened.kind !== 'call') return null
    last = [...last, happened].slice(-4)
    const [a, b, c, d] = last
    if (!a || !b || !c || !d || callOf(a) === callOf(b) || factOf(a) !== factOf(c) || factOf(b) !== factOf(d))
      return null
    const steps = last.map(({ step }) => step)
    last = []
    const say = `${a.tool} and ${b.tool} were called by turns, and each gave what it had given before.`
    return { signal: 'a_b_a_b', steps, numbers: { calls: 4 }, say }
  }
}
