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
  const setting: Setting = { kind, work, url, postmasterPid: server.postmasterPid, sample }
  return ContenderProcess.open(setting, options.profile)
}

export function orderOf({ options }: Stage, lanes: number, steps: number): Order {
  return { lanes, steps, warmupMs: options.warmupMs, windowMs: options.windowMs }
}

export function turnsOf({ options, server }: Stage): Turns {
  return { rounds: options.rounds, calm: server.calm }
}
