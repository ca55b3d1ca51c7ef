import { describe, expect, it } from 'vitest'
import { tampered, told, Watch } from '../../../test/invariants/watch.js'
import { oneWriter } from './one-writer.js'

async function twoClaims() {
  const watch = await Watch.start()
  const runId = await watch.run()
  const ref = await watch.begin(runId)
  await watch.settle(runId, ref, 'performed')
  await watch.park(runId)
  watch.now += 2_000
  await watch.claim(runId)
  await watch.end(runId)
  return { runId, facts: await watch.facts() }
}

describe('one writer', () => {
  it('a journal of two holders, one after the other, passes', async () => {
    const { facts } = await twoClaims()
    expect(told(oneWriter, facts)).toEqual([])
  })

  it.each([
    ['a missing entry', 'gap', 2, 1],
    ['an empty journal', 'empty', 0, 9],
  ])('%s is found', async (_, sentence, from, count) => {
    const { runId, facts } = await twoClaims()
    const cut = tampered(facts, ({ entries }) => entries.get(runId)?.splice(from, count))
    expect(told(oneWriter, cut).join()).toContain(sentence)
  })

  it.each([
    ['a claim that does not raise the fence', 5, (fence: number) => fence - 1, 'did not raise'],
    ['a stale writer', 6, (fence: number) => fence - 1, 'did not hold the run'],
  ])('%s is found', async (_, at, fence, sentence) => {
    const { runId, facts } = await twoClaims()
    const stale = tampered(facts, ({ entries }) => {
      const entry = entries.get(runId)?.[at]
      if (entry) entry.fence = fence(entry.fence)
    })
    expect(told(oneWriter, stale).join()).toContain(sentence)
  })

  it.each([
    ['of another claim is found', (fence: number) => fence + 1, 'another fence'],
    ['that a new incarnation took away passes', () => 2 ** 41, ''],
    ['of an incarnation before is found', () => 0, 'another fence'],
  ])('a fence on the row %s', async (_, fence, sentence) => {
    const { runId, facts } = await twoClaims()
    const moved = tampered(facts, ({ runs }) => {
      for (const run of runs) if (run.runId === runId) Object.assign(run, { fence: fence(run.fence) })
    })
    expect(told(oneWriter, moved).join()).toContain(sentence)
    if (sentence === '') expect(told(oneWriter, moved)).toEqual([])
  })

  it('an entry after the run was given back is found', async () => {
    const { runId, facts } = await twoClaims()
    const late = tampered(facts, ({ entries }) => {
      const journal = entries.get(runId) ?? []
      const [claim] = journal.splice(5, 1)
      for (const entry of journal.slice(5)) Object.assign(entry, { seq: entry.seq - 1, fence: (claim?.fence ?? 0) - 1 })
    })
    expect(told(oneWriter, late)).toContain("A 'end' was written while nobody held the run.")
  })

  it('a run that was shed before it began passes; one that nobody took the place of is found', async () => {
    const watch = await Watch.start()
    await watch.ledger.queues.setBound({ scope: 'tenant:t', max: 1, by: 'ann' })
    const gone = await watch.admit({ tenant: 't', priority: 'low' })
    await watch.admit({ tenant: 't', priority: 'high' })
    const facts = await watch.facts()
    expect(told(oneWriter, facts)).toEqual([])
    const alone = tampered(facts, ({ entries }) => {
      const end = entries.get(gone)?.[1]
      if (end) end.facts = { outcome: 'refused' }
    })
    expect(told(oneWriter, alone).join()).toContain('nobody held the run')
  })
})
