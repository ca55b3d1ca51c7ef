import { describe, expect, it } from 'vitest'
import type { BreakerRow, Tallied } from '../core/breakers.js'
import { breakerPolicy, decideBreaker, tallyOf } from './breaker.js'
import { containmentPolicy } from './containment.js'
import { retriesAllowed, retryBudget } from './retry-budget.js'

const KEY = 'tool:shop'
const policy = breakerPolicy()
const slot = (at: number, calls: number, failures: number) => ({ at, calls, failures, retries: 0 })
const told = (...slots: ReturnType<typeof slot>[]): Tallied => ({ slots: { [KEY]: slots }, probes: {} })
const probed = (revision: number, passed: number, failed: number): Tallied => ({
  slots: {},
  probes: { [KEY]: { revision, passed, failed } },
})
const row = (more: Partial<BreakerRow>): BreakerRow => ({
  ...{ key: KEY, state: 'closed', revision: 3, at: 0, until: null, opened: 1, probes: 0, probesMost: 3 },
  ...{ by: 'fleet', reason: null },
  ...more,
})
const decide = (of: BreakerRow | undefined, all: readonly Tallied[], now = 40_000) =>
  decideBreaker(KEY, of, all, policy, now)

describe('a closed breaker', () => {
  it('opens when enough calls of all workers together failed, and says with which numbers', () => {
    expect(decide(undefined, [told(slot(20_000, 12, 6)), told(slot(30_000, 8, 4))])).toEqual({
      ...{ to: 'open', coolDownMs: 5_000, opened: 1, reason: '10 of 20 calls failed' },
    })
  })

  it('stays closed for fewer calls, or for a smaller share', () => {
    expect(decide(undefined, [told(slot(20_000, 19, 19))])).toBeNull()
    expect(decide(undefined, [told(slot(20_000, 100, 49))])).toBeNull()
  })

  it('looks at its window alone, and at nothing from before it closed', () => {
    expect(decide(undefined, [told(slot(9_999, 50, 50), slot(20_000, 5, 0))])).toBeNull()
    expect(decide(row({ at: 25_000 }), [told(slot(20_000, 50, 50), slot(26_000, 5, 0))])).toBeNull()
  })

  it('that opens again soon stays open twice as long, up to the most; after a long time it begins anew', () => {
    const storm = [told(slot(1_030_000, 30, 30))]
    const soon = (opened: number) => decide(row({ at: 1_000_000, opened }), storm, 1_040_000)
    expect(soon(1)).toMatchObject({ coolDownMs: 10_000, opened: 2 })
    expect(soon(3)).toMatchObject({ coolDownMs: 40_000, opened: 4 })
    expect(soon(60)).toMatchObject({ coolDownMs: 120_000, opened: 61 })
    expect(decide(row({ at: 900_000, opened: 5 }), storm, 1_040_000)).toMatchObject({ coolDownMs: 5_000, opened: 1 })
  })
})

describe('a half-open breaker', () => {
  const half = row({ state: 'half_open', revision: 7, until: 60_000 })

  it('closes when all probes of its round passed, whoever made them', () => {
    expect(decide(half, [probed(7, 2, 0)])).toBeNull()
    expect(decide(half, [probed(7, 2, 0), probed(7, 1, 0)])).toMatchObject({ to: 'closed', reason: '3 probes passed' })
  })

  it('opens at the first that failed, for longer than before', () => {
    expect(decide(half, [probed(7, 2, 0), probed(7, 0, 1)])).toEqual({
      ...{ to: 'open', coolDownMs: 10_000, opened: 2, reason: '1 of 3 probes failed' },
    })
  })

  it('heeds neither probes of other rounds nor calls that were begun before', () => {
    expect(decide(half, [probed(6, 3, 0), probed(5, 0, 9), told(slot(30_000, 90, 90))])).toBeNull()
  })
})

it('an open breaker and an isolated one are left alone', () => {
  const storm = [told(slot(30_000, 90, 90)), probed(3, 9, 0)]
  expect(decide(row({ state: 'open', until: 50_000 }), storm)).toBeNull()
  expect(decide(row({ state: 'isolated' }), storm)).toBeNull()
})

it('sums what began since a time, over all who told', () => {
  const all = [told(slot(1, 2, 1), slot(5, 3, 0)), told(slot(6, 4, 2)), probed(1, 1, 1)]
  expect(tallyOf(all, KEY, 5)).toEqual({ calls: 7, failures: 2, retries: 0 })
  expect(tallyOf(all, 'tool:other', 0)).toEqual({ calls: 0, failures: 0, retries: 0 })
})

it.each([
  [{ window: '500ms' }, 'window is from 1s to 5m'],
  [{ window: '6m' }, 'window is from 1s to 5m'],
  [{ minimum: 0 }, 'whole numbers from 1'],
  [{ probes: 1.5 }, 'whole numbers from 1'],
  [{ share: 0 }, 'share is above 0'],
  [{ share: 1.1 }, 'share is above 0'],
  [{ coolDown: '3m' }, 'coolDownMost not less'],
] as const)('%j means nothing', (options, say) => {
  expect(() => breakerPolicy(options)).toThrow(say)
})

describe('the retry budget', () => {
  it('is a share of the calls, and a floor for quiet tools', () => {
    const budget = retryBudget()
    expect(retriesAllowed({ calls: 0 }, budget)).toBe(30)
    expect(retriesAllowed({ calls: 1_009 }, budget)).toBe(100)
    expect(retriesAllowed({ calls: 1_000 }, retryBudget({ share: 0, floor: 0 }))).toBe(0)
  })

  it.each([{ share: -0.1 }, { share: 2 }, { floor: -1 }, { floor: 0.5 }])('%j means nothing', (options) => {
    expect(() => retryBudget(options)).toThrow('retryBudget')
  })
})

describe('the policy of a runtime', () => {
  it('has breakers of other numbers by key, and none where it says so', () => {
    const of = containmentPolicy({ breakers: { share: 0.8, by: { 'tool:a': { window: '10s' }, 'tool:b': false } } })
    expect(of.breaker('tool:a')).toMatchObject({ share: 0.8, windowMs: 10_000 })
    expect(of.breaker('tool:b')).toBeNull()
    expect(of.breaker('tool:c')).toMatchObject({ share: 0.8, windowMs: 30_000 })
    expect(of.windowMostMs).toBe(30_000)
  })

  it('can be switched off, each part by itself', () => {
    const off = containmentPolicy({ breakers: false, retryBudget: false })
    expect([off.breaker('tool:a'), off.budget, off.windowMs('tool:a')]).toEqual([null, null, 30_000])
    expect(containmentPolicy({ breakers: false }).budget).toEqual({ share: 0.1, floor: 30 })
  })
})
