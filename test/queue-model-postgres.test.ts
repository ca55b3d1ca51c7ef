import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { queuedAlike } from './ledger-model/queue-night.js'
import { timeout, twoLedgers } from './ledger-model/two-ledgers.js'

const { MIDWATCH_MODEL_RUNS: runs, MIDWATCH_MODEL_SEED: seed } = process.env
const CLEAR =
  'truncate midwatch.run, midwatch.session, midwatch.entry, midwatch.mail, midwatch.notice, midwatch.queue_bound'

describe('queues on the memory ledger and on PostgreSQL', () => {
  const stage = twoLedgers(CLEAR)

  it('let in, turn away, shed and hand out alike, and keep their promises', { timeout }, async () => {
    const codes = new Set<string>()
    const property = queuedAlike(stage, (night) => {
      for (const code of night.codes) codes.add(code)
    })
    await fc.assert(property, { numRuns: Number(runs ?? 5), seed: Number(seed ?? 5), endOnFailure: !runs })
    expect([...codes]).toEqual(expect.arrayContaining(['ok', 'existing', 'overloaded full', 'shed']))
  })
})
