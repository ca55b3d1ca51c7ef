import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Turns } from './comparison.js'
import type { Kind, Order, Setting, Work } from './contender.js'
import { ContenderProcess } from './contender-process.js'
import type { BenchOptions } from './options.js'
import type { Row } from './row.js'
import type { Sample } from './sample.js'
import type { Server } from './server.js'

/** What a section has at hand. */
export interface Stage {
  readonly server: Server
  readonly options: BenchOptions
  readonly say: (line: string) => void
}

export interface Section {
  readonly name: string
  /** About how long it takes, s: for whoever waits. */
  seconds(options: BenchOptions): number
  run(stage: Stage): Promise<Row[]>
}

/** Opens a contender on a database of its own, or on one that others are on already. */
export async function enter(
  { server, options }: Stage,
  kind: Kind,
  work: Work,
  sample: Sample | null = null,
  shared: string | null = null,
): Promise<ContenderProcess> {
  const url = shared ?? (await server.database(`bench_${kind}_${work}`))
  const home = emptied(folderOf(options, kind))
  const setting: Setting = { kind, work, url, postmasterPid: server.postmasterPid, home, sample }
  return ContenderProcess.open(setting, options.profile)
}

export function orderOf({ options }: Stage, lanes: number, steps: number): Order {
  return { lanes, steps, warmupMs: options.warmupMs, windowMs: options.windowMs }
}

export function turnsOf({ options, server }: Stage): Turns {
  return { rounds: options.rounds, calm: server.calm }
}

/** About how long a comparison of so many contenders takes at one number of runs, s. */
export function comparisonSeconds({ rounds, warmupMs, windowMs }: BenchOptions, contenders: number): number {
  const BETWEEN_MS = 400
  return (rounds * contenders * (warmupMs + windowMs + BETWEEN_MS)) / 1_000
}

/** Where one keeps what is its own, beside the data of the bench's PostgreSQL. */
export function folderOf({ home }: BenchOptions, name: string): string {
  return join(`${resolve(home)}-peers`, name)
}

function emptied(folder: string): string {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  return folder
}
