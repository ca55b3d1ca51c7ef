import { MidwatchError } from '../core/errors.js'
import { type OpenStore, openStore } from '../ledger/open.js'
import type { MidwatchOptions, Ports } from './options.js'

/** The ledger that a runtime stands on. Throws `invalid_config` where two are named, and what opening it throws. */
export async function storeOf(options: MidwatchOptions, ports: Pick<Ports, 'ledger'>): Promise<OpenStore> {
  const close = () => Promise.resolve()
  const databaseUrl = options.databaseUrl ?? process.env.DATABASE_URL
  if (ports.ledger) return { ledger: ports.ledger, url: databaseUrl ?? '', close }
  if (options.ledger) {
    if (options.databaseUrl === undefined && options.home === undefined)
      return { ledger: options.ledger, url: '', close }
    throw new MidwatchError(
      'invalid_config',
      'ledger: a ledger in memory stands in for the database in tests; leave out databaseUrl and home, and give it to midwatch() itself, not in a config that is served.',
    )
  }
  const directUrl = options.directUrl ?? process.env.DATABASE_DIRECT_URL
  return openStore({
    ...(databaseUrl && { databaseUrl, ...(directUrl && { directUrl }) }),
    ...(options.home && { home: options.home }),
  })
}
