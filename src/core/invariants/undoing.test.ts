import { describe, expect, it } from 'vitest'
import { claimOf, tampered, told, Watch } from '../../../test/invariants/watch.js'
import { atMostOnce } from './at-most-once.js'

const undoing = { effect: { tool: 'undo', key: 'u', args: 'a', undoes: { tool: 'pay', key: 'k' } } }

/** 3 pays, 4 confirms it; 5 takes it back, 6 confirms that; 7 pays again, 8 confirms it. */
async function paidTwice() {
  const watch = await Watch.start()
  const runId = await watch.run()
  await watch.settle(runId, await watch.begin(runId, { effect: claimOf('k') }), 'performed')
  watch.now += 1
  await watch.settle(runId, await watch.begin(runId, undoing), 'performed')
  watch.now += 1
  await watch.settle(runId, await watch.begin(runId, { effect: claimOf('k') }), 'performed')
  return { runId, facts: await watch.facts() }
}

describe('at most once, with what was taken back', () => {
  it('a second effect after a confirmed undo passes', async () => {
    const { facts } = await paidTwice()
    expect(told(atMostOnce, facts)).toEqual([])
  })

  it.each([
    ['nothing says that it was taken back', 6, { undid: undefined }, 'was begun again: it was confirmed before'],
    ['its settlement does not confirm it', 6, { did: 'not_performed' }, 'which its settlement does not confirm'],
    ['it was begun for another attempt', 5, { effect: { ...undoing.effect, attempt: 1 } }, 'does not confirm'],
    ['nothing was there to take back', 4, { did: 'not_performed' }, 'taken back that nobody had confirmed'],
  ])('is found where %s', async (_, seq, edit, sentence) => {
    const { runId, facts } = await paidTwice()
    const bad = tampered(facts, ({ entries }) => Object.assign(entries.get(runId)?.[seq - 1]?.facts ?? {}, edit))
    expect(told(atMostOnce, bad).join()).toContain(sentence)
  })

  it('is found where it began before the undo was confirmed', async () => {
    const { runId, facts } = await paidTwice()
    const bad = tampered(facts, ({ entries, runs }) => {
      const own = entries.get(runId) ?? []
      const [run] = runs
      if (run) runs.push({ ...run, runId: 'undoer' })
      const elsewhere = own.map((entry, i) => ({
        ...structuredClone(entry),
        runId: 'undoer',
        at: entry.at + 100,
        ...(i === 4 || i === 5 ? {} : { kind: 'note' as const, ref: null }),
      }))
      entries.set('undoer', elsewhere)
      for (const i of [4, 5]) Object.assign(own[i] ?? {}, { kind: 'note', ref: null, facts: {} })
    })
    expect(told(atMostOnce, bad).join()).toContain('was begun again: it was confirmed before')
  })

  it('is found where the key is free although the last effect stands', async () => {
    const { facts } = await paidTwice()
    const bad = tampered(facts, ({ effects }) => {
      for (const row of effects) if (row.key === 'k') row.state = 'free'
    })
    expect(told(atMostOnce, bad)).toEqual(["A confirmed effect of 'pay' does not keep its key taken."])
  })
})
