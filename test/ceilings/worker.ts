/** A real worker process on the ledger at argv[2]; ends when its parent lets go. */
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { assemble } from '../../src/runtime.js'
import { SERVED } from './scene.js'

const ledger = await postgresLedger({ url: process.argv[2] ?? '', poolSize: 4 })
const worker = { name: `ceilings-${process.pid}`, concurrency: 128, lease: '30s' } as const
// Half of all calls fail here on purpose: breakers and the retry budget would hold the storm back.
const mw = await assemble({ run: SERVED, worker, breakers: false, retryBudget: false }, { ledger })
process.send?.('ready')
process.on('disconnect', () => void mw.stop().then(() => process.exit(0)))
