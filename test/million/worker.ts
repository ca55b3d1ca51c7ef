/** A real worker process on the ledger at argv[2], with all defaults; tells its parent of claims, steps and its memory. */
import { postgresLedger } from '../../src/ledger/postgres/ledger.js'
import { assemble } from '../../src/runtime.js'
import { ear, sleeper } from './scene.js'

const ledger = await postgresLedger({ url: process.argv[2] ?? '' })
ear.hear = (told) => process.connected && process.send?.(told)
const worker = { name: `million-${process.pid}` } as const
const mw = await assemble({ run: [sleeper], worker, alarm: () => undefined }, { ledger })
mw.observe((event) => {
  if (event.kind === 'claimed') ear.hear({ what: 'claimed', got: event.got, tookMs: event.tookMs })
})
setInterval(() => ear.hear({ what: 'memory', rssBytes: process.memoryUsage.rss() }), 250).unref()
process.send?.('ready')
process.on('disconnect', () => void mw.stop().then(() => process.exit(0)))
