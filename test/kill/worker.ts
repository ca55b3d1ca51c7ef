/** A real worker process on the ledger at argv[2], with a lease of argv[3]; tells its parent of its tools' calls. */
import type { Duration } from '../../src/core/time.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { assemble } from '../../src/runtime.js'
import { ear, SERVED } from './scene.js'

const ledger = await postgresLedger({ url: process.argv[2] ?? '', poolSize: 4 })
const lease = (process.argv[3] ?? '10s') as Duration
ear.hear = (told) => process.send?.(told)
const worker = { name: `kill-${process.pid}`, concurrency: 256, lease } as const
const mw = await assemble({ run: SERVED, worker, alarm: () => undefined }, { ledger })
process.send?.('ready')
process.on('disconnect', () => void mw.stop().then(() => process.exit(0)))
