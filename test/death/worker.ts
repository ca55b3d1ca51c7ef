/** A real worker process on the ledger at argv[2], with a lease of argv[3]; tells its parent of each step. */
import type { Duration } from '../../src/core/time.js'
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { assemble } from '../../src/runtime.js'
import { ear, pacer } from './scene.js'

const ledger = await postgresLedger({ url: process.argv[2] ?? '', poolSize: 4 })
ear.hear = (told) => process.send?.(told)
const worker = { name: `death-${process.pid}`, concurrency: 256, lease: process.argv[3] as Duration } as const
await assemble({ run: [pacer], worker, alarm: () => undefined }, { ledger })
process.send?.('ready')
// Who kills its workers outright may die that way, too.
process.on('disconnect', () => process.exit(0))
