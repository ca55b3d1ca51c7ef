import { expect } from 'vitest'
import { sha256 } from '../../core/digest.js'
import { clause } from './clause.js'

/** Large parts, and whose words they are. */
export const blobs = [
  // What a person asked to be forgotten must not rest in a corner.
  clause('what is stored for a run goes with its words', async (s) => {
    const { tenant } = s
    const hand = await s.held()
    const { runId } = hand
    const { digest } = await s.ledger.putBlob({ tenant, runId, text: `${runId}\nwords` })
    expect(await s.ledger.putBlob({ tenant, runId, text: `${runId}\nwords` })).toEqual({ digest })
    await s.ledger.erase({ runId })
    expect(await s.ledger.blob({ tenant, digest })).toBe(`${runId}\nwords`)
    await hand.must(hand.end())
    // Three entries and the blob.
    expect(await s.ledger.erase({ runId })).toEqual({ erased: 4 })
    expect(await s.ledger.blob({ tenant, digest })).toBeNull()
  }),

  clause('pruning takes what was stored for the run', async (s) => {
    const { tenant } = s
    const hand = await s.held()
    const { digest } = await s.ledger.putBlob({ tenant, runId: hand.runId, text: hand.runId })
    await hand.must(hand.end())
    await s.ledger.prune({ endedBefore: (await s.ledger.now()) + 1, limit: 1_000 })
    expect(await s.ledger.blob({ tenant, digest })).toBeNull()
  }),

  // The second one's journal still names it.
  clause('what two runs put, or none, is kept', async (s) => {
    const { tenant } = s
    const [first, second] = [await s.held(), await s.held()]
    const [shared, free] = [`${first.runId} shared`, `${first.runId} free`]
    for (const { runId } of [first, second]) await s.ledger.putBlob({ tenant, runId, text: shared })
    await s.ledger.putBlob({ tenant, text: free })
    for (const hand of [first, second]) {
      await hand.must(hand.end())
      await s.ledger.erase({ runId: hand.runId })
    }
    for (const text of [shared, free]) expect(await s.ledger.blob({ tenant, digest: sha256(text) })).toBe(text)
  }),
]
