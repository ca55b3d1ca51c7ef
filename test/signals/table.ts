import { SIGNALS, type SignalName } from '../../src/govern/signals/signal.js'
import type { Trace } from './outside-data.js'
import { HALVES, halfOf, type Score, scoreOf, signalsOf, threeIdentical } from './score.js'

/** The signals whose figures are good enough to end a run by. */
export const ENDING: readonly SignalName[] = ['same_call', 'repeated_errors']

/** The figures of docs/signals.md, as Markdown. */
export function tableOf(traces: readonly Trace[]): string {
  const seen = new Map(traces.map((trace) => [trace, signalsOf(trace)]))
  const rules: [string, (trace: Trace) => boolean][] = [
    ['three identical calls', threeIdentical],
    [ENDING.map((name) => `\`${name}\``).join(' or '), (trace) => ENDING.some((name) => seen.get(trace)?.has(name))],
    ...SIGNALS.map((name): [string, (trace: Trace) => boolean] => [
      `\`${name}\``,
      (t) => seen.get(t)?.has(name) ?? false,
    ]),
  ]
  const rows = rules.map(([says, isHit]) => {
    const cells = HALVES.map((half) =>
      cellsOf(
        scoreOf(
          traces.filter((t) => halfOf(t) === half),
          isHit,
        ),
      ),
    )
    return `| ${says} | ${cells.join(' | ')} |`
  })
  return [HEAD, ...rows].join('\n')
}

const HEAD = [
  '| rule | chosen on: hits | of good runs | precision | recall | measured on: hits | of good runs | precision | recall |',
  '|---|---|---|---|---|---|---|---|---|',
].join('\n')

function cellsOf({ hits, good, precision, recall }: Score): string {
  return `${hits} | ${good} | ${hits === 0 ? '–' : precision.toFixed(3)} | ${recall.toFixed(3)}`
}
