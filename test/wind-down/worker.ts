/** A worker that kills itself while a run is wound down: `worker.ts '{"url":…,"failpoint":…,"hit":2,"queue":…}'`. */
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import type { Failpoint } from '../../src/orchestrator/engine.js'
import { assemble } from '../../src/runtime.js'
import { unwound } from './scene.js'

export interface WindDownPlan {
  readonly url: string
  readonly failpoint: Failpoint
  /** Which time it is reached after the plan of the wind-down was written, from 1. */
  readonly hit: number
  readonly queue: string
  readonly runId: string
}

const plan = JSON.parse(process.argv[2] ?? '{}') as WindDownPlan
const ledger = await postgresLedger({ url: plan.url, poolSize: 2 })
let hits = 0

async function failpoint(name: Failpoint): Promise<void> {
  if (name !== plan.failpoint) return
  const journal = await ledger.journal({ runId: plan.runId })
  if (!journal.some(({ kind, body }) => kind === 'note' && body?.includes('"about":"undoing"'))) return
  hits += 1
  if (hits !== plan.hit) return
  process.kill(process.pid, 'SIGKILL')
  // The signal is taken at the next system call: nothing goes on before it.
  await new Promise((done) => setTimeout(done, 5))
}

const worker = { lease: '1s', queues: [plan.queue], name: `crash-${plan.queue}` } as const
const mw = await assemble({ run: [unwound], worker, alarm: () => undefined }, { ledger, failpoint })
process.send?.('ready')
process.on('disconnect', () => void mw.stop().then(() => process.exit(0)))
