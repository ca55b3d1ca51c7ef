import { short } from './numbers.js'
import type { Row, Target } from './row.js'

const HEAD = [
  'what',
  'runs',
  'steps/s, best / median',
  'step ms, p50 / p99',
  'CPU µs a step, client + server',
  'ratio',
  'target',
]

/** The rows as one Markdown table, its columns aligned. */
export function tableOf(rows: readonly Row[], quiet: boolean): string {
  const lines = [HEAD, ...rows.map((row) => cellsOf(row, quiet))]
  const widths = HEAD.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)))
  const drawn = lines.map((line) => `| ${line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`)
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`
  return [drawn[0], rule, ...drawn.slice(1)].join('\n')
}

function cellsOf({ what, runs, measured: m, figure, ratio, targets }: Row, quiet: boolean): string[] {
  const pair = (one: number, other: number, sign: string) => `${short(one)} ${sign} ${short(other)}`
  return [
    what,
    runs === null ? '' : String(runs),
    m ? pair(m.best, m.median, '/') : (figure ?? ''),
    m ? pair(m.p50Ms, m.p99Ms, '/') : '',
    m ? `${short(m.clientUs)} + ${m.serverUs === null ? '–' : short(m.serverUs)}` : '',
    ratio ?? '',
    targets.map((target) => targetText(target, quiet)).join('; '),
  ]
}

/** An absolute figure that is missed while others use the machine says nothing. */
function targetText({ text, met, quiet: absolute }: Target, quiet: boolean): string {
  if (met) return `${text}: yes`
  return absolute && !quiet ? `${text}: not on a busy machine` : `${text}: NO`
}
