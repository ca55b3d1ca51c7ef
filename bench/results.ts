import { readFileSync, writeFileSync } from 'node:fs'
import type { Environment } from './environment.js'
import type { BenchOptions } from './options.js'
import { type Row, rowOf } from './row.js'

/** All that a run of the bench found, as it is kept. */
export interface Results {
  readonly environment: Environment
  readonly options: Pick<BenchOptions, 'rounds' | 'windowMs'>
  readonly rows: readonly Row[]
}

export function writeResults(file: string, { environment, options, rows }: Results): void {
  const { rounds, windowMs } = options
  writeFileSync(file, `${JSON.stringify({ environment, options: { rounds, windowMs }, rows }, null, 2)}\n`)
}

/** Throws a TypeError for a file that the bench did not write. */
export function readResults(file: string): Results {
  const { environment, options, rows } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Results>
  if (!environment || !options || !Array.isArray(rows)) throw new TypeError(`${file} holds no results of the bench.`)
  return { environment, options, rows: rows.map((row: Row) => rowOf(row)) }
}
