import fc from 'fast-check'
import { describe, it } from 'vitest'
import { workedAlike } from './ledger-model/session-play.js'
import { amountOf, timeout, twoLedgers } from './ledger-model/two-ledgers.js'

/** Everything that a night leaves; a sweep, a pruning or a look for gaps of the next would find it. */
const CLEAR = 'truncate midwatch.run, midwatch.session, midwatch.entry, midwatch.mail, midwatch.notice'

describe('sessions on the memory ledger and on PostgreSQL', () => {
  const stage = twoLedgers(CLEAR)

  it('are answered alike and leave the same behind', { timeout }, async () => {
    await fc.assert(workedAlike(stage), amountOf(25))
  })
})
