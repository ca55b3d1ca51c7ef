import { expect, it } from 'vitest'
import { chanceOf } from '../chance.js'
import type { FaultName } from '../fault.js'
import { fatesByRates } from './by-rates.js'
import { exactFates } from './exact.js'
import type { KeptFates } from './kept.js'

const site = { kind: 'call', name: 'claim' } as const
const MAY: readonly FaultName[] = ['crash', 'ledger_away', 'ledger_slow']

it('strikes where it was told to, and counts every visit', () => {
  const fates = exactFates([{ fault: 'ledger_away', place: 'call:claim#2' }])
  expect([1, 2, 3].map(() => fates.at(site, MAY)?.fault ?? null)).toEqual([null, 'ledger_away', null])
  expect([fates.struck.length, fates.visits.get('call:claim')]).toEqual([1, 3])
})

it('strikes no fault that cannot strike there', () => {
  const fates = exactFates([{ fault: 'answer_lost', place: 'call:claim#1' }])
  expect(fates.at(site, MAY)).toBeNull()
})

it('remembers what bit', () => {
  const fates = exactFates([{ fault: 'crash', place: 'call:claim#1' }])
  const strike = fates.at(site, MAY)
  if (strike) fates.bit(strike)
  expect([...fates.bitten]).toEqual([{ fault: 'crash', place: 'call:claim#1' }])
})

it('goes on striking at exact places when chance has ceased', () => {
  const fates = exactFates([{ fault: 'crash', place: 'call:claim#1' }])
  fates.cease()
  expect(fates.at(site, MAY)?.fault).toBe('crash')
})

const visited = (fates: KeptFates, times: number) =>
  Array.from({ length: times }, () => fates.at(site, MAY)?.fault ?? '-').join(' ')

it('strikes by the seed alone: the same twice, another with another', () => {
  const rates = { ledger_away: 0.2, ledger_slow: 0.1 }
  const nights = [1, 1, 2].map((seed) => visited(fatesByRates(chanceOf(seed), rates), 200))
  expect(nights[0]).toBe(nights[1])
  expect(nights[0]).not.toBe(nights[2])
})

it('strikes about as often as it was told to, over many nights', () => {
  let struck = 0
  for (let seed = 1; seed <= 300; seed += 1) {
    const fates = fatesByRates(chanceOf(seed), { process: 0, ledger_away: 0.05, ledger_slow: 0 })
    visited(fates, 100)
    struck += fates.struck.length
  }
  // The nights are 1.29 times as bad as the rates, on average.
  expect(struck / 30_000).toBeGreaterThan(0.05)
  expect(struck / 30_000).toBeLessThan(0.08)
})

it('fells no more than a few processes in one night', () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const fates = fatesByRates(chanceOf(seed), { crash: 1 })
    visited(fates, 50)
    expect(fates.struck.length).toBeLessThanOrEqual(4)
  }
})

it('takes a rate for a whole layer, and 0 for none of it, whatever is said of one fault beside it', () => {
  const none = fatesByRates(chanceOf(3), { process: 0, ledger: 0 })
  visited(none, 500)
  expect(none.struck).toEqual([])
  const one = fatesByRates(chanceOf(3), { process: 0, ledger: 0, ledger_slow: 0.5 })
  visited(one, 500)
  expect(new Set(one.struck.map(({ fault }) => fault))).toEqual(new Set(['ledger_slow']))
})

it('strikes nothing any more once it has ceased, and goes on counting', () => {
  const fates = fatesByRates(chanceOf(3), { ledger_away: 1 })
  fates.cease()
  visited(fates, 20)
  expect([fates.struck.length, fates.visits.get('call:claim')]).toEqual([0, 20])
})
