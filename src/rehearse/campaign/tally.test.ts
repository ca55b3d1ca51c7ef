import { describe, expect, it } from 'vitest'
import { fakeScenario, play } from './fake-plays.fixture.js'
import { count, type Histogram, mergeHistogram, quantile, total } from './histogram.js'
import { mergeTally, newTally, tallyVerdict } from './tally.js'

async function verdicts(seeds: readonly number[]) {
  const scenario = fakeScenario()
  const of = (seed: number) => ({ scenario: 'fake', story: 'pay', seed, strikes: null })
  return Promise.all(seeds.map(async (seed) => ({ one: of(seed), verdict: await play(scenario, of(seed)) })))
}

describe('a tally', () => {
  it('is the same, in however many parts it was counted', async () => {
    const all = await verdicts(Array.from({ length: 60 }, (_, at) => at))
    const whole = newTally()
    for (const { one, verdict } of all) tallyVerdict(whole, one, verdict)
    const merged = newTally()
    for (let from = 0; from < all.length; from += 7) {
      const part = newTally()
      for (const { one, verdict } of all.slice(from, from + 7)) tallyVerdict(part, one, verdict)
      mergeTally(merged, JSON.parse(JSON.stringify(part)))
    }
    expect(merged).toEqual(whole)
  })

  it('puts a case under each layer that struck it, and the calm ones under calm', async () => {
    const [{ one, verdict } = { one: null, verdict: null }] = await verdicts([1])
    if (!one || !verdict) throw new Error('One verdict was asked for.')
    const tally = newTally()
    const struck = [
      { fault: 'crash', place: 'call:a#1' },
      { fault: 'stall', place: 'call:a#2' },
      { fault: 'tool_cut', place: 'tool:b#1' },
    ] as const
    const violations = [{ invariant: 'I3', what: 'Twice.', numbers: {} }] as const
    tallyVerdict(tally, one, { ...verdict, ok: false, struck, bitten: struck.slice(0, 1), violations, broken: [] })
    tallyVerdict(tally, one, { ...verdict, ok: true, struck: [], bitten: [], violations: [], broken: [] })
    const [run] = verdict.runs
    const end = run?.status ?? 'waiting'
    expect([tally.outcomes, tally.calmOutcomes]).toEqual([{ [end]: 2 }, { [end]: 1 }])
    expect(tally.columns).toEqual({ process: 1, tools: 1, calm: 1 })
    expect(tally.broken).toEqual({ I3: { process: 1, tools: 1 } })
    expect(tally.faults).toEqual({
      crash: { injected: 1, bitten: 1, survived: 0 },
      stall: { injected: 1, bitten: 0, survived: 0 },
      tool_cut: { injected: 1, bitten: 0, survived: 0 },
    })
  })
})

describe('a tally of rules and ends', () => {
  it('tells what rules stopped in calm cases apart, and by which meter runs were exhausted', async () => {
    const [{ one, verdict } = { one: null, verdict: null }] = await verdicts([1])
    const [run] = verdict?.runs ?? []
    if (!one || !verdict || !run) throw new Error('One verdict of one run was asked for.')
    const tally = newTally()
    const rules = { 'fake/refund': { allowed: 2, stopped: 1 } }
    const exhausted = (detail: string) => [{ ...run, status: 'exhausted' as const, detail }]
    const struck = [{ fault: 'crash', place: 'call:a#1' }] as const
    tallyVerdict(tally, one, { ...verdict, rules, struck, runs: exhausted('active') })
    tallyVerdict(tally, one, { ...verdict, rules, struck, runs: exhausted('usd') })
    tallyVerdict(tally, one, { ...verdict, rules, struck: [], bitten: [], runs: exhausted('active') })
    expect(tally.rules).toEqual({ 'fake/refund': { allowed: 6, stopped: 3, calm: 1 } })
    expect([tally.exhausted, tally.calmExhausted]).toEqual([{ active: 2, usd: 1 }, { active: 1 }])
    expect(tally.calmEnds).toEqual({ [one.story]: { exhausted: 1 } })
  })
})

describe('a histogram', () => {
  const of = (...values: number[]) => {
    const histogram: Histogram = {}
    for (const value of values) count(histogram, value)
    return histogram
  }

  it('knows the value that a share of all does not pass', () => {
    const histogram = of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
    expect([0.5, 0.95, 1].map((share) => quantile(histogram, share))).toEqual([5, 10, 10])
    expect(quantile({}, 0.5)).toBe(null)
  })

  it('keeps three digits, so that it stays small, and merges', () => {
    const into = of(123_456, 123_400, 7)
    mergeHistogram(into, of(123_499))
    expect(into).toEqual({ '7': 1, '123000': 3 })
    expect(total(into)).toBe(4)
  })
})
