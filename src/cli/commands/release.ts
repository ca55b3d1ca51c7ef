import type { Call } from '../call.js'
import type { Reply, Verb } from '../verb.js'
import { scopeIn } from './kill.js'

/** Held runs come back spread over this long, so that they do not all call the same provider at once. */
const JITTER_MS = 2_000

export const release: Verb = {
  usage: 'release <scope>',
  says: 'Lift a kill switch; what it held goes on.',
  options: [['--by <name>', 'who (default: the name of this account)']],
  act: releaseScope,
}

async function releaseScope(call: Call): Promise<Reply> {
  const ledger = await call.ledger()
  const scope = await scopeIn(call)
  const { epoch, at, released } = await ledger.release({ scope, by: call.by, jitterMs: JITTER_MS })
  const text = released ? `Released ${scope} at epoch ${epoch}.` : `${scope} was not engaged; nothing was changed.`
  return { text, data: { scope, epoch, at, released } }
}
