import fc from 'fast-check'
import { describe, it } from 'vitest'
import { answeredAlike } from './ledger-model/play.js'
import { amountOf, timeout, twoLedgers } from './ledger-model/two-ledgers.js'

describe('the memory ledger and PostgreSQL', () => {
  // A sweep of the fleet would find the runs that the night before left waiting.
  const stage = twoLedgers('delete from midwatch.run')

  it('answer alike and leave the same behind', { timeout }, async () => {
    await fc.assert(answeredAlike(stage), amountOf(40))
  })
})
