import { midwatch } from 'midwatch'
import { refundDesk } from './agent.js'

/** A worker of the governed desk. Its lease is short, so that a dead one is missed within seconds. */
const mw = await midwatch({ run: [refundDesk], worker: { lease: '4s' }, lanes: { payments: { perWorker: 8 } } })

async function leave(): Promise<void> {
  await mw.stop()
  process.exit()
}

process.on('SIGTERM', () => void leave())
process.on('disconnect', () => process.exit())
process.send?.('ready')
