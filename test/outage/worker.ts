/** A worker of a fleet whose provider dies: `worker.ts '{"url":…,"places":…,"breakers":…}'`. */
import type { BreakersOptions } from '../../src/govern/containment.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { assemble } from '../../src/runtime.js'
import { LANES, type Places, PRICES, sceneOf } from './scene.js'

export interface OutagePlan {
  readonly url: string
  readonly places: Places
  readonly breakers: BreakersOptions | false
}

const plan = JSON.parse(process.argv[2] ?? '{}') as OutagePlan
const { asking, holding } = sceneOf(plan.places)
const ledger = await postgresLedger({ url: plan.url, poolSize: 3 })
const mw = await assemble(
  {
    run: [asking, holding],
    prices: PRICES,
    lanes: LANES,
    breakers: plan.breakers,
    retryBudget: false,
    worker: { lease: '1s', concurrency: 200, name: `outage-${process.pid}` },
    alarm: () => undefined,
  },
  { ledger },
)
process.send?.('ready')
process.on('disconnect', () => void mw.stop().then(() => process.exit(0)))
