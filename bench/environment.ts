import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { PEER_NAMES } from './peer.js'
import type { Server } from './server.js'

/** Where the figures come from. */
export interface Environment {
  readonly date: string
  readonly cores: number
  readonly cpu: string
  readonly node: string
  readonly postgres: string
  readonly settings: string
  /** Each package that is installed for the bench alone, with its version. */
  readonly packages: Readonly<Record<string, string>>
  /** One-minute load average before the first pass and after the last. */
  readonly load: readonly number[]
  readonly quiet: boolean
}

/** Others' work beyond this share of the cores makes absolute figures worthless. */
const QUIET_SHARE = 0.25

export const loadNow = (): number => loadavg()[0] ?? 0

export function environmentOf(server: Server, loadBefore: number): Environment {
  const cores = availableParallelism()
  const packages = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')).dependencies
  return {
    date: new Date().toISOString().slice(0, 10),
    cores,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    node: process.versions.node,
    postgres: server.version,
    settings: server.settings,
    packages,
    load: [loadBefore, loadNow()],
    quiet: loadBefore <= cores * QUIET_SHARE,
  }
}

/** One line, and a warning where the machine was not the bench's alone. */
export function describeEnvironment(e: Environment): string {
  const load = e.load.map((value) => value.toFixed(1)).join(' before, ')
  const noisy = 'The machine was not quiet: trust the ratios alone.'
  const peers = Object.values(PEER_NAMES).map(
    ({ name, packages }) => `${name} (${packages.map((one) => e.packages[one] ?? 'absent').join(', ')})`,
  )
  return `${e.date}: ${e.cores} cores (${e.cpu}), Node ${e.node}, PostgreSQL ${e.postgres} embedded (${e.settings}), ${peers.join(', ')}; load average ${load} after.${e.quiet ? '' : ` ${noisy}`}`
}
