import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { chartsOf, titleOf } from './chart/charts.js'
import { describeEnvironment } from './environment.js'
import type { Results } from './results.js'
import { tableOf } from './table.js'

const FOLDER = new URL('./', import.meta.url)
const README = new URL('README.md', FOLDER)
const MARKS = {
  charts: ['<!-- charts: npm run bench -- --readme -->', '<!-- /charts -->'],
  table: ['<!-- table: npm run bench -- --readme -->', '<!-- /table -->'],
} as const

/** Puts the table and the charts of a run between their marks in bench/README.md; the charts are files beside it. */
export function writeReadme({ rows, environment, options: { rounds, windowMs } }: Results): void {
  const charts = chartsOf(rows)
  mkdirSync(new URL('charts/', FOLDER), { recursive: true })
  for (const [name, svg] of charts) writeFileSync(new URL(`charts/${name}.svg`, FOLDER), svg)
  const shown = [...charts.keys()].map((name) => `![${titleOf(name)}](charts/${name}.svg)`).join('\n\n')
  const how = `${describeEnvironment(environment)} ${rounds} rounds in turns, ${windowMs} ms each.`
  const text = readFileSync(README, 'utf8')
  const withCharts = between(text, 'charts', shown)
  writeFileSync(README, between(withCharts, 'table', `${how}\n\n${tableOf(rows, environment.quiet)}`))
}

/** The text with something else between two marks. Throws where it has lost them. */
export function between(text: string, what: keyof typeof MARKS, inside: string): string {
  const [open, close] = MARKS[what]
  const [from, to] = [text.indexOf(open), text.indexOf(close)]
  if (from < 0 || to < from) throw new Error(`bench/README.md has lost the marks of its ${what}.`)
  return `${text.slice(0, from)}${open}\n${inside}\n${text.slice(to)}`
}
