/** A real worker that stops itself at a failpoint: `worker.ts '{"effect":…,"failpoint":…,"hit":2,"signal":"SIGKILL","queue":…}'`. */
import type { EffectClass } from '../../src/core/states.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import type { Failpoint } from '../../src/orchestrator/engine.js'
import { assemble } from '../../src/runtime.js'
import { sceneOf } from './scene.js'

export interface CrashPlan {
  readonly url: string
  readonly effect: EffectClass
  readonly failpoint: Failpoint
  /** Which time it is reached, from 1. */
  readonly hit: number
  readonly signal: 'SIGKILL' | 'SIGSTOP'
  readonly queue: string
}

const plan = JSON.parse(process.argv[2] ?? '{}') as CrashPlan
let hits = 0

async function failpoint(name: Failpoint): Promise<void> {
  if (name !== plan.failpoint) return
  hits += 1
  if (hits !== plan.hit) return
  process.kill(process.pid, plan.signal)
  // The signal is taken at the next system call: nothing goes on before it.
  await new Promise((done) => setTimeout(done, 5))
}

const ledger = await postgresLedger({ url: plan.url, poolSize: 2 })
const worker = { lease: '1s', queues: [plan.queue], name: `crash-${plan.queue}` } as const
const mw = await assemble({ run: [sceneOf(plan.effect)], worker, alarm: () => undefined }, { ledger, failpoint })
process.send?.('ready')
process.on('disconnect', () => void mw.stop().then(() => process.exit(0)))
