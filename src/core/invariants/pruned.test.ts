import { describe, expect, it } from 'vitest'
import { charge, claimOf, shared, tampered, told, Watch } from '../../../test/invariants/watch.js'
import { atMostOnce } from './at-most-once.js'
import { INVARIANTS } from './catalogue.js'
import { ceilings } from './ceilings.js'
import { hashChain } from './hash-chain.js'
import { inbox } from './inbox.js'
import { inspectFacts } from './inspect.js'

/** Three messages of one session, the first two pruned; each paid under a key that the one before had tried. */
async function pruned() {
  const watch = await Watch.start()
  for (const key of ['m1', 'm2', 'm3']) {
    const runId = await watch.run({ session: 's', key })
    const charges = [charge('usd', 5, shared), charge('steps', 1)]
    const ref = await watch.begin(runId, { effect: claimOf('k'), charges })
    await watch.settle(runId, ref, key === 'm3' ? 'performed' : 'not_performed', [4, 1])
    watch.now += 10
    await watch.end(runId)
    watch.now += 10
  }
  await watch.ledger.prune({ endedBefore: watch.now, limit: 2 })
  return watch
}

describe('pruned runs', () => {
  it('leave a ledger in which every promise is kept', async () => {
    const facts = await (await pruned()).facts()
    expect(facts.runs.map(({ prunedAt }) => prunedAt === null)).toEqual([false, false, true])
    expect(inspectFacts(facts, INVARIANTS)).toEqual([])
  })

  it.each([
    ['sums that were altered', ceilings, { sums: [] }, 'does not hold what the journals add up to'],
    ['a proof without the first hash', hashChain, { firstHash: '' }, 'its row does not prove'],
    ['a message worked out of turn', inbox, { beganAt: 1 }, 'was worked before the one ahead of it was done'],
  ])('%s are found', async (_, invariant, edit, sentence) => {
    const facts = await (await pruned()).facts()
    const bad = tampered(facts, ({ runs }) => Object.assign(runs[1]?.proof ?? {}, edit))
    expect(told(invariant, bad).join()).toContain(sentence)
  })

  it('entries that are left, and rows that say less than they must, are found', async () => {
    const facts = await (await pruned()).facts()
    const [first, , third] = facts.runs
    const bad = tampered(facts, ({ runs, entries }) => {
      entries.set(first?.runId ?? '', structuredClone([...(facts.entries.get(third?.runId ?? '') ?? [])]) as never)
      Object.assign(runs[1] ?? {}, { headHash: '' })
    })
    expect(told(hashChain, bad)).toEqual([
      'The run was pruned, yet it has entries.',
      'The run was pruned, and its row does not prove that there was a whole journal.',
    ])
  })

  it('a key that is confirmed and free is still found', async () => {
    const facts = await (await pruned()).facts()
    const bad = tampered(facts, ({ effects }) => Object.assign(effects[0] ?? {}, { state: 'free' }))
    expect(told(atMostOnce, bad)).toEqual(["A confirmed effect of 'pay' does not keep its key taken."])
  })

  it('a second message under the key of a pruned one is found', async () => {
    const facts = await (await pruned()).facts()
    const bad = tampered(facts, ({ runs }) => Object.assign(runs[2] ?? {}, { key: 'm1' }))
    expect(told(inbox, bad).join()).toContain("Two runs work the message 'm1'")
  })
})
