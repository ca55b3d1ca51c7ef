/** A worker of a fleet whose ledger fails over: `worker.ts '{"url":…,"world":…,"home":…,"name":…}'`. */
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { assemble } from '../../src/runtime.js'
import { sceneOf } from '../crash/scene.js'

export interface WorkerPlan {
  readonly url: string
  /** Where the tools act. */
  readonly world: string
  /** Where the worker keeps its heads. */
  readonly home: string
  readonly name: string
}

const plan = JSON.parse(process.argv[2] ?? '{}') as WorkerPlan
process.env.CRASH_WORLD_URL = plan.world
const run = [sceneOf('keyed'), sceneOf('checked'), sceneOf('once')]
const ledger = await postgresLedger({ url: plan.url, poolSize: 3 })
const worker = { lease: '1s', name: plan.name, concurrency: 12, drift: false } as const
const alarm = (what: string) => void process.send?.({ alarm: what })
const mw = await assemble({ run, home: plan.home, worker, alarm }, { ledger })
process.send?.('ready')
process.on('disconnect', () => void mw.stop().then(() => process.exit(0)))
