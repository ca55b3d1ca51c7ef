import { readFileSync, writeFileSync } from 'node:fs'
import { describeEnvironment, type Environment } from './environment.js'
import type { BenchOptions } from './options.js'
import type { Row } from './row.js'
import { tableOf } from './table.js'

const README = new URL('./README.md', import.meta.url)
const [FROM, TO] = ['<!-- table: npm run bench -- --readme -->', '<!-- /table -->']

/** Puts the table of this run between the marks of bench/README.md. */
export function writeReadme(rows: readonly Row[], environment: Environment, { rounds, windowMs }: BenchOptions): void {
  const text = readFileSync(README, 'utf8')
  const [from, to] = [text.indexOf(FROM), text.indexOf(TO)]
  if (from < 0 || to < from) throw new Error('bench/README.md has lost the marks of its table.')
  const how = `${describeEnvironment(environment)} ${rounds} rounds in turns, ${windowMs} ms each.`
  const table = `${FROM}\n${how}\n\n${tableOf(rows, environment.quiet)}\n`
  writeFileSync(README, text.slice(0, from) + table + text.slice(to))
}
