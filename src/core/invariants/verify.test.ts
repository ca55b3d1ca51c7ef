import { describe, expect, it } from 'vitest'
import { charge, claimOf, shared, Watch } from '../../../test/invariants/watch.js'
import type { Ledger } from '../ledger.js'
import { verifyLedger } from './verify.js'

const charges = [charge('usd', 10, shared), charge('lane', 1, { ...shared, kind: 'level' })]

async function busyLedger(runs: number) {
  const watch = await Watch.start()
  for (let i = 0; i < runs; i++) {
    const runId = await watch.run({ key: `k${i}` })
    await watch.settle(runId, await watch.begin(runId, { charges, effect: claimOf(`k${i}`) }), 'performed', [i, null])
    await watch.end(runId)
  }
  return watch
}

/** The ledger with `before` done ahead of the nth reading of a journal. */
function interrupted(ledger: Ledger, nth: number, before: () => Promise<unknown>): Ledger {
  let reads = 0
  return {
    ...ledger,
    journal: async (p) => {
      reads += 1
      if (reads === nth) await before()
      return ledger.journal(p)
    },
  }
}

describe('verifyLedger', () => {
  it('reads more runs than fit a page, tells how far it is, and finds nothing', async () => {
    const { ledger } = await busyLedger(120)
    const progress: number[] = []
    const verified = await verifyLedger(ledger, { progress: ({ runs }) => progress.push(runs) })
    expect(verified).toEqual({ checked: { runs: 120, entries: 600, metersMoving: 0 }, violations: [] })
    expect(progress.at(-1)).toBe(120)
  })

  it('one run is checked by itself; an unknown one gives nothing', async () => {
    const { ledger } = await busyLedger(3)
    const [run] = await ledger.runs({})
    expect((await verifyLedger(ledger, { runId: run?.runId ?? '' })).checked).toMatchObject({ runs: 1, entries: 5 })
    expect((await verifyLedger(ledger, { runId: 'nobody' })).checked.runs).toBe(0)
  })

  it('names run, entry and numbers of what it finds', async () => {
    const watch = await busyLedger(2)
    const [run] = await watch.ledger.runs({ after: '' })
    const journal: Ledger['journal'] = async (p) => {
      const entries = await watch.ledger.journal(p)
      return entries.map((entry) => (p.runId === run?.runId && entry.seq === 3 ? { ...entry, body: '{}' } : entry))
    }
    const { violations } = await verifyLedger({ ...watch.ledger, journal })
    expect(violations).toEqual([
      { invariant: 'I9', runId: run?.runId, seq: 3, what: 'The body was altered.', numbers: {} },
    ])
  })

  it('a step taken while journals are read is no violation; its meters are not compared this time', async () => {
    const watch = await busyLedger(2)
    const late = await watch.run()
    const step = async () => watch.begin(late, { charges })
    const verified = await verifyLedger(interrupted(watch.ledger, 5, step))
    expect(verified.violations).toEqual([])
    const grown = async () =>
      watch.ledger.engage({ scope: 'tenant:other', mode: 'hold', by: 'ann' }).then(() => watch.run())
    expect((await verifyLedger(interrupted(watch.ledger, 2, grown))).violations).toEqual([])
  })

  it('what a run reserved after it was read leaves its meters out', async () => {
    const watch = await busyLedger(1)
    const early = await watch.run()
    await watch.admit()
    // Two journals are read before that of the run admitted last.
    const verified = await verifyLedger(interrupted(watch.ledger, 5, () => watch.begin(early, { charges })))
    expect(verified).toMatchObject({ checked: { metersMoving: 2 }, violations: [] })
  })
})
