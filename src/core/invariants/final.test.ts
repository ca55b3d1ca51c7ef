import { describe, expect, it } from 'vitest'
import { claimOf, question, tampered, told, Watch } from '../../../test/invariants/watch.js'
import { final } from './final.js'

/** 1 admit, 2 claim, 3 begin, 4 doubt, 5 park, 6 claim, 7 end, 8 claim, 9 settle, 10 audit. */
async function reconciled() {
  const watch = await Watch.start()
  const runId = await watch.run()
  const lost = await watch.begin(runId, { effect: claimOf('k') })
  await watch.doubt(runId, lost)
  await watch.park(runId, 1_000, [question('e1')])
  watch.now += 5_000
  await watch.claim(runId)
  await watch.end(runId)
  await watch.claim(runId)
  await watch.settle(runId, lost, 'performed')
  await watch.write(runId, { kind: 'audit', dueAt: null })
  return { runId, facts: await watch.facts() }
}

describe('final', () => {
  it('a run that ended, was reconciled and audited passes', async () => {
    const { facts } = await reconciled()
    expect(facts.escalations[0]?.state).toBe('void')
    expect(told(final, facts)).toEqual([])
  })

  it.each([
    ['a second end', 10, { kind: 'end' }, 'The run ended twice.'],
    ['a step after the end', 9, { kind: 'begin' }, "A 'begin' was written after the end."],
    ['another outcome', 7, { facts: { outcome: 'failed' } }, "The run says 'completed', its journal 'failed'."],
    ['another time of the end', 7, { at: 5 }, 'The run carries another time of its end than its journal.'],
  ])('%s is found', async (_, seq, edit, sentence) => {
    const { runId, facts } = await reconciled()
    const bad = tampered(facts, ({ entries }) => Object.assign(entries.get(runId)?.[seq - 1] ?? {}, edit))
    expect(told(final, bad)).toEqual([sentence])
  })

  it('an outcome without an end is found', async () => {
    const { runId, facts } = await reconciled()
    const bad = tampered(facts, ({ entries }) => entries.get(runId)?.splice(6, 1))
    expect(told(final, bad)).toEqual([
      "The run is 'ended', its journal has no end.",
      "The run has the outcome 'completed' before its end.",
      'The journal has an audit before an end.',
    ])
  })

  it('a question that stays open after the end is found', async () => {
    const { facts } = await reconciled()
    const bad = tampered(facts, ({ escalations }) => Object.assign(escalations[0] ?? {}, { state: 'open' }))
    expect(told(final, bad).join()).toContain('A person is still asked (approval e1)')
  })
})
