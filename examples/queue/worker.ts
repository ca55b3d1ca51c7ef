import { midwatch } from 'midwatch'
import { refundDesk } from '../refund-desk/agent.js'
import { consume } from './consume.js'
import { httpQueue } from './queue.js'

/** A process that consumes the queue and works the runs; each may be done by processes of their own. */
const { MIDWATCH_HOME: home, QUEUE_URL: url = '', QUEUE_TENANT: tenant = 'default' } = process.env
const mw = await midwatch({
  run: [refundDesk],
  ...(home && { home }),
  worker: { lease: '4s' },
  lanes: { payments: { perWorker: 8 } },
})
const stop = new AbortController()
const consuming = consume(mw, tenant, httpQueue(url), stop.signal)

async function leave(): Promise<void> {
  stop.abort()
  await consuming
  await mw.stop()
  process.exit()
}

process.on('SIGTERM', () => void leave())
// Started by the night it ends with it; by hand it has no parent that speaks to it.
process.on('disconnect', () => process.exit())
process.send?.('ready')
