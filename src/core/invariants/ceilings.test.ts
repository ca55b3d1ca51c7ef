import { describe, expect, it } from 'vitest'
import { charge, claimOf, shared, tampered, told, Watch } from '../../../test/invariants/watch.js'
import { ceilings } from './ceilings.js'

const charges = [
  charge('usd', 60, { limit: 100 }),
  charge('usd', 60, { ...shared, limit: 200 }),
  charge('context_tokens', 900, { kind: 'peak', limit: 1_000 }),
  charge('lane', 1, { ...shared, per: 'total', kind: 'level', limit: 4 }),
]

/** Two steps: 3 begin, 4 settle (less used), 5 begin, 6 doubt, 7 begin (takes over 5), 8 settle (overrun), 9 begin, open. */
async function threeGrants() {
  const watch = await Watch.start()
  const runId = await watch.run({ meters: ['usd', 'context_tokens'] })
  await watch.settle(runId, await watch.begin(runId, { charges }), 'performed', [10, 10, 800, null])
  const lost = await watch.begin(runId, { charges, effect: claimOf('k') })
  await watch.doubt(runId, lost)
  watch.now += 5_000
  const effect = claimOf('k', { saw: { attempt: 1, evidence: 0 } })
  const again = await watch.begin(runId, { charges, effect, supersedes: lost })
  await watch.settle(runId, again, 'performed', [70, 70, null, null])
  await watch.begin(runId, { charges: [charge('usd', 5, shared)] })
  return { runId, facts: await watch.facts() }
}

describe('ceilings', () => {
  it('grants within limits, a take-over, a recorded overrun and an open reservation pass', async () => {
    const { facts } = await threeGrants()
    expect(facts.meters).toContainEqual(expect.objectContaining({ meter: 'usd', used: 80, reserved: 5 }))
    expect(told(ceilings, facts)).toEqual([])
  })

  it.each([
    ['used', 0, { limit: 59 }],
    ['shared', 1, { limit: 10 }],
    ['peak', 2, { limit: 899 }],
    ['level', 3, { limit: 0 }],
  ])('a grant beyond a limit is found (%s)', async (_, i, edit) => {
    const { runId, facts } = await threeGrants()
    const bad = tampered(facts, ({ entries }) => Object.assign(entries.get(runId)?.[2]?.facts.charges?.[i] ?? {}, edit))
    expect(told(ceilings, bad).join()).toContain('granted beyond its limit')
  })

  it('a grant that is counted in the window after its own is found', async () => {
    const { runId, facts } = await threeGrants()
    const bad = tampered(facts, ({ entries }) => {
      const [, ofDay] = entries.get(runId)?.[2]?.facts.charges ?? []
      Object.assign(ofDay ?? {}, { window: (ofDay?.window ?? 0) + 86_400_000 })
    })
    expect(told(ceilings, bad).join()).toContain('counted in another window')
  })

  it('an amount that makes room is found', async () => {
    const { runId, facts } = await threeGrants()
    const bad = tampered(facts, ({ entries }) =>
      Object.assign(entries.get(runId)?.[2]?.facts.charges?.[0] ?? {}, { amount: -60 }),
    )
    expect(told(ceilings, bad).join()).toContain('what is no amount')
  })

  it("stamps that are not the sums of the run's journal are found", async () => {
    const { runId, facts } = await threeGrants()
    const bad = tampered(facts, ({ entries }) =>
      Object.assign(entries.get(runId)?.[4]?.facts.charges?.[0] ?? {}, { usedAfter: 0 }),
    )
    expect(told(ceilings, bad)).toEqual(["The run's meter 'usd' was stamped with other sums than its journal holds."])
  })

  it.each([
    ['an overrun that is not recorded', { overrun: false }, 'no overrun is recorded'],
    ['a settlement without numbers', { used: [] }, 'does not say what was used'],
  ])('%s is found', async (_, edit, sentence) => {
    const { runId, facts } = await threeGrants()
    const bad = tampered(facts, ({ entries }) => Object.assign(entries.get(runId)?.[7]?.facts ?? {}, edit))
    expect(told(ceilings, bad).join()).toContain(sentence)
  })

  it.each([
    ['used', { used: 79 }],
    ['reserved', { reserved: 6 }],
    ['window', { window: 0 }],
  ])('a meter that does not hold what journals add up to is found (%s)', async (_, edit) => {
    const { facts } = await threeGrants()
    const bad = tampered(facts, ({ meters }) => Object.assign(meters.find(({ meter }) => meter === 'usd') ?? {}, edit))
    expect(told(ceilings, bad).join()).toContain("Meter 'usd' of 'tenant:acme' (per day) does not hold")
  })
})
