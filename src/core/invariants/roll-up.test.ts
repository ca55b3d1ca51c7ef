import { describe, expect, it } from 'vitest'
import { charge, tampered, told, Watch } from '../../../test/invariants/watch.js'
import type { Charge } from '../meters.js'
import { ceilings } from './ceilings.js'
import { kill } from './kill.js'
import { noWedge } from './no-wedge.js'
import { replay } from './replay.js'
import { verifyLedger } from './verify.js'

const above = (runId: string, amount: number): Charge => charge('usd', amount, { at: 'above', scope: `run:${runId}` })

/** A root with a child and a grandchild that charge to those above them; the child is done, the grandchild has a step open. */
async function family() {
  const watch = await Watch.start()
  const of = async (runId: string, step: string) => {
    const fence = (await watch.ledger.run({ runId }))?.fence ?? 0
    return { parent: { runId, fence, step } }
  }
  const root = await watch.run()
  await watch.settle(root, await watch.begin(root, { charges: [charge('usd', 5)] }), 'performed', [3])
  const child = await watch.run(await of(root, 'call'))
  await watch.settle(
    child,
    await watch.begin(child, { charges: [charge('usd', 7), above(root, 7)] }),
    'performed',
    [4, 4],
  )
  const deep = await watch.run(await of(child, 'call'))
  await watch.begin(deep, { charges: [above(root, 2), above(child, 2)] })
  await watch.settle(root, await watch.begin(root, { charges: [charge('usd', 1)] }), 'performed', [1])
  const other = await watch.run(await of(root, 'other'))
  await watch.end(other)
  const group = async (no: number) => ({ ...(await of(root, 'map')), group: { atOnce: 1, no } })
  const first = await watch.run(await group(1))
  const second = await watch.admit(await group(2))
  watch.now += 5_000
  return { watch, root, child, deep, other, first, second, facts: await watch.facts() }
}

describe('runs above others', () => {
  it('pass with what runs below charged to them, in memory and read from a ledger, together and alone', async () => {
    const { facts, watch, root, deep } = await family()
    for (const invariant of [ceilings, kill, noWedge, replay]) expect(told(invariant, facts)).toEqual([])
    expect((await verifyLedger(watch.ledger)).violations).toEqual([])
    for (const runId of [root, deep]) expect((await verifyLedger(watch.ledger, { runId })).violations).toEqual([])
  })

  it.each([
    ['used', { used: 9 }],
    ['reserved', { reserved: 0 }],
  ])('are found not to hold what journals below them add up to (%s)', async (_, edit) => {
    const { facts, root } = await family()
    const bad = tampered(facts, ({ runs }) =>
      Object.assign(runs.find(({ runId }) => runId === root)?.meters.usd ?? {}, edit),
    )
    expect(told(ceilings, bad).join()).toContain(
      "Meter 'usd' does not hold what the run's journal and those of the runs below",
    )
    expect(told(replay, bad)).toEqual([])
  })

  it('are found when a run below forgets what it charged to them', async () => {
    const { facts, child } = await family()
    const bad = tampered(facts, ({ entries }) => {
      const begin = entries.get(child)?.[2]
      if (begin) Object.assign(begin, { facts: { ...begin.facts, charges: begin.facts.charges?.slice(0, 1) } })
    })
    expect(told(ceilings, bad).join()).toContain('those of the runs below it add up to')
  })

  it('are found when another one than those below charges to them', async () => {
    const { facts, deep, second } = await family()
    const bad = tampered(facts, ({ entries }) =>
      Object.assign(entries.get(deep)?.[2]?.facts.charges?.[0] ?? {}, { scope: `run:${second}` }),
    )
    expect(told(ceilings, bad).join()).toContain('charged by a run that is not below it')
  })

  it('keep their stamps: too little is found at once, too much where nobody is below', async () => {
    const { facts, root, child, deep } = await family()
    const low = tampered(facts, ({ entries }) =>
      Object.assign(entries.get(root)?.[4]?.facts.charges?.[0] ?? {}, { usedAfter: 2 }),
    )
    expect(told(ceilings, low).join()).toContain('stamped with other sums')
    const high = tampered(facts, ({ entries, runs }) => {
      Object.assign(entries.get(child)?.[2]?.facts.charges?.[0] ?? {}, { usedAfter: 1 })
      for (const run of runs) if (run.runId === deep) Object.assign(run, { ancestors: [root], parent: null })
    })
    expect(told(ceilings, high).join()).toContain('stamped with other sums')
  })

  it('end what is below them: an intent that is granted later is found', async () => {
    const { facts, root } = await family()
    const bad = tampered(facts, ({ runs }) =>
      Object.assign(runs.find(({ runId }) => runId === root) ?? {}, { endedAt: facts.now - 6_000 }),
    )
    expect(told(kill, bad).join()).toContain('a run above, had ended')
  })

  it('cover what is below them: a child that does not know them is found', async () => {
    const { facts, root, deep } = await family()
    const deaf = tampered(facts, ({ runs }) => {
      const run = runs.find(({ runId }) => runId === deep)
      if (run) run.above = run.above.filter((scope) => scope !== `run:${root}`)
    })
    expect(told(kill, deaf)).toEqual([`The run is not covered by 'run:${root}', which covers its parent.`])
    const lost = tampered(facts, ({ runs }) =>
      Object.assign(runs.find(({ runId }) => runId === deep) ?? {}, { ancestors: [root] }),
    )
    expect(told(kill, lost)).toContain('The run names others above it than its parent does.')
  })

  it('a kill of a run above is found in a journal below that went on', async () => {
    const { watch, root, deep } = await family()
    await watch.ledger.engage({ scope: `run:${root}`, mode: 'hold', by: 'ann' })
    const { epoch } = await watch.ledger.release({ scope: `run:${root}`, by: 'ann', jitterMs: 0 })
    const facts = await watch.facts()
    expect(told(kill, facts)).toEqual([])
    const bad = tampered(facts, ({ entries }) => Object.assign(entries.get(deep)?.[2] ?? {}, { epoch: epoch - 1 }))
    expect(told(kill, bad)).toEqual([`An intent was granted while 'run:${root}' was switched off.`])
  })

  it('are told of the end of their children: a lost mail is found', async () => {
    const { facts, root } = await family()
    const bad = tampered(facts, ({ mail, runs }) => {
      mail.set(root, [])
      Object.assign(runs.find(({ runId }) => runId === root) ?? {}, { mailHead: 0 })
    })
    expect(told(noWedge, bad)).toEqual(['The run ended, and its parent was not told.'])
  })

  it('a member of a group that waits although nobody has a place is found', async () => {
    const { facts, first } = await family()
    const bad = tampered(facts, ({ runs }) =>
      Object.assign(runs.find(({ runId }) => runId === first) ?? {}, {
        ...{ state: 'ended', outcome: 'completed', endedAt: facts.now - 5_000, workerId: null },
      }),
    )
    expect(told(noWedge, bad)).toEqual(['The run waits for a place in its group although nobody has one.'])
  })
})
