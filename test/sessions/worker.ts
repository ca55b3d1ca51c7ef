/** A real worker process on the ledger at argv[2], which its parent kills when it likes. */
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { assemble } from '../../src/runtime.js'
import { tally } from './scene.js'

const ledger = await postgresLedger({ url: process.argv[2] ?? '', poolSize: 4 })
const worker = { name: `sessions-${process.pid}`, lease: '2s', concurrency: 64 } as const
const mw = await assemble({ run: [tally], worker, alarm: () => undefined }, { ledger })
process.send?.('ready')
process.on('disconnect', () => void mw.stop().then(() => process.exit(0)))
