import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import type { Server } from './server.js'

/** Where the figures come from. */
export interface Environment {
  readonly date: string
  readonly cores: number
  readonly cpu: string
  readonly node: string
  readonly postgres: string
  readonly settings: string
  readonly dbos: string
  readonly langGraph: string
  /** One-minute load average before the first pass and after the last. */
  readonly load: readonly number[]
  readonly quiet: boolean
}

/** Others' work beyond this share of the cores makes absolute figures worthless. */
const QUIET_SHARE = 0.25

export const loadNow = (): number => loadavg()[0] ?? 0

export function environmentOf(server: Server, loadBefore: number): Environment {
  const cores = availableParallelism()
  const peers = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')).dependencies
  return {
    date: new Date().toISOString().slice(0, 10),
    cores,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    node: process.versions.node,
    postgres: server.version,
    settings: server.settings,
    dbos: peers['@dbos-inc/dbos-sdk'],
    langGraph: peers['@langchain/langgraph'],
    load: [loadBefore, loadNow()],
    quiet: loadBefore <= cores * QUIET_SHARE,
  }
}

/** One line, and a warning where the machine was not the bench's alone. */
export function describeEnvironment(e: Environment): string {
  const load = e.load.map((value) => value.toFixed(1)).join(' before, ')
  const noisy = 'The machine was not quiet: trust the ratios alone.'
  return `${e.date}: ${e.cores} cores (${e.cpu}), Node ${e.node}, PostgreSQL ${e.postgres} embedded (${e.settings}), DBOS ${e.dbos}, LangGraph.js ${e.langGraph}; load average ${load} after.${e.quiet ? '' : ` ${noisy}`}`
}
