import './with-resolvers.js'
import { endpoint } from '@restatedev/restate-sdk'
import { midwatch } from 'midwatch'
import { refundDesk } from '../refund-desk/agent.js'
import { deskOf } from './desk.js'
import { netOf } from './net.js'

/** The process that Restate calls. It takes no run by itself: whatever it works, Restate asked for. */
const { MIDWATCH_HOME: home, RESTATE_SERVICE_PORT: port = '9080', RESTATE_TENANT: tenant = 'default' } = process.env

// The lease is short, so that a dead process is missed within seconds.
const mw = await midwatch({
  run: [refundDesk],
  ...(home && { home }),
  worker: { claims: false, lease: '4s' },
  lanes: { payments: { perWorker: 8 } },
})
await endpoint()
  .bind(deskOf(mw, tenant))
  .bind(netOf(mw))
  .setLogger(() => undefined)
  .listen(Number(port))

async function leave(): Promise<void> {
  await mw.stop()
  process.exit()
}

process.on('SIGTERM', () => void leave())
// Started by the night it ends with it; by hand it has no parent that speaks to it.
process.on('disconnect', () => process.exit())
process.send?.('ready')
