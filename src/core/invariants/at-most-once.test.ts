import { describe, expect, it } from 'vitest'
import { claimOf, tampered, told, Watch } from '../../../test/invariants/watch.js'
import { atMostOnce } from './at-most-once.js'

const seen = (attempt: number) => ({ saw: { attempt, evidence: 0 } })

/** Three attempts at k: 3 not performed; 5 in doubt (6); 7 takes over and is confirmed by 8. */
async function threeAttempts() {
  const watch = await Watch.start()
  const runId = await watch.run()
  const first = await watch.begin(runId, { effect: claimOf('k') })
  await watch.settle(runId, first, 'not_performed')
  const second = await watch.begin(runId, { effect: claimOf('k') })
  await watch.doubt(runId, second)
  watch.now += 5_000
  const third = await watch.begin(runId, { effect: claimOf('k', seen(2)), supersedes: second })
  await watch.settle(runId, third, 'performed')
  await watch.end(runId)
  return { runId, facts: await watch.facts() }
}

describe('at most once', () => {
  it('attempts after "it did not" and by take-over of a doubt pass', async () => {
    const { facts } = await threeAttempts()
    expect(told(atMostOnce, facts)).toEqual([])
  })

  it('a doubt adopted from a run that ended passes, and its owner may say later that it did not', async () => {
    const watch = await Watch.start()
    const dead = await watch.run()
    const lost = await watch.begin(dead, { effect: claimOf('k') })
    await watch.doubt(dead, lost)
    await watch.end(dead)
    watch.now += 5_000
    const heir = await watch.run()
    await watch.settle(heir, await watch.begin(heir, { effect: claimOf('k', seen(1)) }), 'performed')
    await watch.claim(dead)
    await watch.settle(dead, lost, 'not_performed')
    expect(told(atMostOnce, await watch.facts())).toEqual([])
  })

  it('its owner may hear later that it did, and not before it was adopted', async () => {
    const watch = await Watch.start()
    const dead = await watch.run()
    const lost = await watch.begin(dead, { effect: claimOf('k') })
    await watch.doubt(dead, lost)
    await watch.end(dead)
    watch.now += 5_000
    const heir = await watch.run()
    const taken = await watch.begin(heir, { effect: claimOf('k', seen(1)) })
    watch.now += 1_000
    await watch.claim(dead)
    await watch.settle(dead, lost, 'performed')
    await watch.settle(heir, taken, 'performed')
    const facts = await watch.facts()
    expect(told(atMostOnce, facts)).toEqual([])
    const early = tampered(facts, ({ entries }) =>
      Object.assign(entries.get(dead)?.findLast(({ kind }) => kind === 'settle') ?? {}, { at: watch.now - 4_000 }),
    )
    expect(told(atMostOnce, early)).toContain("One effect of 'pay' is confirmed more than once.")
  })

  it('an early take-over is allowed where the tool says that concurrent sends are safe', async () => {
    const watch = await Watch.start()
    const runId = await watch.run()
    const lost = await watch.begin(runId, { effect: claimOf('k') })
    await watch.doubt(runId, lost)
    await watch.begin(runId, { effect: claimOf('k', { ...seen(1), resend: 'early' }), supersedes: lost })
    expect(told(atMostOnce, await watch.facts())).toEqual([])
  })

  it('a receipt for an attempt before the last one keeps the key, and is found where it does not', async () => {
    const watch = await Watch.start()
    const runId = await watch.run()
    const lost = await watch.begin(runId, { effect: claimOf('k') })
    await watch.doubt(runId, lost)
    watch.now += 5_000
    const again = await watch.begin(runId, { effect: claimOf('k', seen(1)), supersedes: lost })
    await watch.receipt(runId, lost)
    await watch.settle(runId, again, 'not_performed')
    const facts = await watch.facts()
    expect(told(atMostOnce, facts)).toEqual([])
    const bad = tampered(facts, ({ effects }) => Object.assign(effects[0] ?? {}, { state: 'free' }))
    expect(told(atMostOnce, bad)).toEqual(["A receipt says that 'pay' was performed, yet its key is free."])
    const late = tampered(facts, ({ evidence }) => Object.assign(evidence.get(runId)?.[0] ?? {}, { at: 1 }))
    expect(told(atMostOnce, late).join()).toContain('was begun again after a receipt had said')
  })

  it.each([
    ['after a confirmation', 4, { facts: { did: 'performed' } }, 'it was confirmed before'],
    ['over an open attempt', 6, { kind: 'note', ref: null }, 'was still open'],
    ['without taking the doubt over', 7, { facts: { supersedes: undefined } }, 'without taking over'],
    ['too early', 7, { at: 1_700_000_000_500 }, 'could still be acting'],
  ])('a second attempt %s is found', async (_, seq, edit, sentence) => {
    const { runId, facts } = await threeAttempts()
    const bad = tampered(facts, ({ entries }) => {
      const entry = entries.get(runId)?.[seq - 1]
      if (entry) Object.assign(entry, edit, { facts: { ...entry.facts, ...('facts' in edit ? edit.facts : {}) } })
    })
    expect(told(atMostOnce, bad).join()).toContain(sentence)
  })

  it('other arguments under the key of a doubt, and a skipped attempt, are found', async () => {
    const { runId, facts } = await threeAttempts()
    const bad = tampered(facts, ({ entries }) =>
      Object.assign(entries.get(runId)?.[6]?.facts.effect ?? {}, { args: 'b', attempt: 4 }),
    )
    expect(told(atMostOnce, bad).join()).toMatch(/numbered 1, 2, 3.*other arguments/)
  })

  it('a doubt taken from a run that had not ended is found', async () => {
    const { runId, facts } = await threeAttempts()
    const bad = tampered(facts, ({ entries, runs }) => {
      const [run] = runs
      if (!run) return
      runs.push({ ...run, runId: 'thief' })
      run.endedAt = null
      const own = entries.get(runId) ?? []
      entries.set(
        'thief',
        structuredClone(own).map((entry) => ({
          ...entry,
          runId: 'thief',
          kind: entry.seq === 7 ? entry.kind : 'note',
        })),
      )
      Object.assign(own[6] ?? {}, { kind: 'note' })
    })
    expect(told(atMostOnce, bad).join()).toContain('still owned the doubt')
  })

  it('a key confirmed twice is found', async () => {
    const { runId, facts } = await threeAttempts()
    const bad = tampered(facts, ({ entries }) =>
      Object.assign(entries.get(runId)?.[3]?.facts ?? {}, { did: 'performed' }),
    )
    expect(told(atMostOnce, bad)).toContain("One effect of 'pay' is confirmed more than once.")
  })

  it('a confirmed effect whose key is free again is found', async () => {
    const { facts } = await threeAttempts()
    const bad = tampered(facts, ({ effects }) => effects.splice(0))
    expect(told(atMostOnce, bad)).toEqual(["A confirmed effect of 'pay' does not keep its key taken."])
  })
})
