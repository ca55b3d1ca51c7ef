/** A real worker process on the ledger at argv[2], which is killed, stopped and cut off as it happens. */
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { assemble } from '../../src/runtime.js'
import { desk } from './scene.js'

const ledger = await postgresLedger({ url: process.argv[2] ?? '', poolSize: 4 })
const worker = { name: `chaos-${process.pid}`, lease: '3s', concurrency: 64 } as const
const mw = await assemble({ run: [desk], worker, alarm: () => undefined }, { ledger })
process.send?.('ready')
process.on('disconnect', () => void mw.stop().then(() => process.exit(0)))
