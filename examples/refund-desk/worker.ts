import { midwatch } from 'midwatch'
import { refundDesk } from './agent.js'

/** A worker of the governed desk. It ends with its parent, whatever became of that one. */
process.on('disconnect', () => process.exit())

// The lease is short, so that a dead worker is missed within seconds.
const mw = await midwatch({ run: [refundDesk], worker: { lease: '4s' }, lanes: { payments: { perWorker: 8 } } })

async function leave(): Promise<void> {
  await mw.stop()
  process.exit()
}

process.on('SIGTERM', () => void leave())
if (process.connected) process.send?.('ready')
else process.exit()
