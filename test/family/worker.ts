/** A real worker process on the ledger at argv[2]; ends when its parent lets go, or is killed. */
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { assemble } from '../../src/runtime.js'
import { FAMILY_WORLD, SERVED } from './scene.js'

const url = process.argv[2] ?? ''
process.env[FAMILY_WORLD] = url
const ledger = await postgresLedger({ url, poolSize: 4 })
const worker = { name: `family-${process.pid}`, concurrency: 32, lease: '1s' } as const
const mw = await assemble({ run: SERVED, worker, alarm: () => undefined }, { ledger })
process.send?.('ready')
process.on('disconnect', () => void mw.stop().then(() => process.exit(0)))
