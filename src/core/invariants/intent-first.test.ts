import { describe, expect, it } from 'vitest'
import { claimOf, tampered, told, Watch } from '../../../test/invariants/watch.js'
import { intentFirst } from './intent-first.js'

/** 1 admit, 2 claim, 3 begin, 4 doubt, 5 begin (takes over 3), 6 settle, 7 begin, 8 doubt, 9 end. */
async function doubtTakenOver() {
  const watch = await Watch.start()
  const runId = await watch.run()
  const first = await watch.begin(runId, { effect: claimOf('k1') })
  await watch.doubt(runId, first)
  watch.now += 5_000
  const again = await watch.begin(runId, {
    attempt: 2,
    effect: claimOf('k1', { saw: { attempt: 1, evidence: 0 } }),
    supersedes: first,
  })
  await watch.settle(runId, again, 'performed')
  await watch.doubt(runId, await watch.begin(runId, { effect: claimOf('k2') }))
  await watch.end(runId)
  return { runId, facts: await watch.facts() }
}

describe('intent first', () => {
  it('a doubt that is taken over, settled, and another left open at the end pass', async () => {
    const { facts } = await doubtTakenOver()
    expect(told(intentFirst, facts)).toEqual([])
  })

  it.each([
    ['a settlement of what was never begun', 5, { ref: 2 }, 'no open intent before it'],
    ['a second settlement', 8, { kind: 'settle', ref: 5 }, 'second one'],
    ['a doubt of a doubt', 7, { ref: 3 }, 'doubt has no open intent'],
    ['a take-over of nothing', 4, { facts: { supersedes: 2 } }, 'not an open doubt'],
    ['an end over an open intent', 7, { kind: 'note', ref: null }, 'neither settled nor in doubt'],
  ])('%s is found', async (_, at, edit, sentence) => {
    const { runId, facts } = await doubtTakenOver()
    const bad = tampered(facts, ({ entries }) => Object.assign(entries.get(runId)?.[at] ?? {}, edit))
    expect(told(intentFirst, bad).join()).toContain(sentence)
  })

  it.each([
    ['confirmed', 'k1', { seq: 5 }],
    ['confirmed in another attempt', 'k1', { attempt: 1 }],
    ['in doubt', 'k2', { state: 'under_way' as const }],
  ])('an effect row that says other than the journal is found: %s', async (_, key, edit) => {
    const { facts } = await doubtTakenOver()
    const bad = tampered(facts, ({ effects }) => Object.assign(effects.find((row) => row.key === key) ?? {}, edit))
    expect(told(intentFirst, bad).join()).toContain('the journal does not say so')
  })

  it('a key that a receipt closed passes, and is found without its receipt', async () => {
    const watch = await Watch.start()
    const runId = await watch.run()
    const ref = await watch.begin(runId, { effect: claimOf('k') })
    await watch.settle(runId, ref, 'not_performed')
    await watch.receipt(runId, ref)
    const facts = await watch.facts()
    expect(told(intentFirst, facts)).toEqual([])
    const bad = tampered(facts, ({ evidence }) => evidence.clear())
    expect(told(intentFirst, bad).join()).toContain('the journal does not say so')
  })

  it('a receipt without an intent is found', async () => {
    const { runId, facts } = await doubtTakenOver()
    const receipt = { runId, ref: 2, no: 1, fence: 1, did: 'performed', body: '{}', at: 0 }
    const bad = tampered(facts, ({ evidence }) => evidence.set(runId, [receipt]))
    expect(told(intentFirst, bad).join()).toContain('receipt')
  })
})
