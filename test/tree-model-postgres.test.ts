import fc from 'fast-check'
import { describe, it } from 'vitest'
import { treeCommands } from './ledger-model/commands.js'
import { answeredAlike } from './ledger-model/play.js'
import { amountOf, timeout, twoLedgers } from './ledger-model/two-ledgers.js'

describe('the memory ledger and PostgreSQL', () => {
  const stage = twoLedgers('delete from midwatch.run; delete from midwatch.entry')

  it('answer alike where runs are children of runs', { timeout }, async () => {
    await fc.assert(answeredAlike(stage, undefined, treeCommands), amountOf(40))
  })
})
