import fc from 'fast-check'
import { describe, it } from 'vitest'
import { breakerCommands } from './ledger-model/commands.js'
import { answeredAlike } from './ledger-model/play.js'
import { amountOf, timeout, twoLedgers } from './ledger-model/two-ledgers.js'

describe('the memory ledger and PostgreSQL', () => {
  // A sweep of the fleet would find the runs that the night before left waiting.
  const stage = twoLedgers('delete from midwatch.run; delete from midwatch.entry')

  it('answer alike and leave the same behind', { timeout }, async () => {
    await fc.assert(answeredAlike(stage), amountOf(40))
  })
})

describe('the memory ledger and PostgreSQL, where breakers open, are probed and close', () => {
  // A database of its own: a night that its time cut short goes on in the other one for a while, and moves its switches.
  const stage = twoLedgers('delete from midwatch.run; delete from midwatch.entry')

  it('answer alike', { timeout }, async () => {
    await fc.assert(answeredAlike(stage, undefined, breakerCommands), amountOf(12))
  })
})
