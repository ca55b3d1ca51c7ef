import { expect, it } from 'vitest'
import { LIMITS } from '../core/limits.js'
import { Deaths, isSuspect } from './deaths.js'

const claimed = (deaths: Deaths, fence: number) => deaths.fold({ kind: 'claim', fence, ref: null }, undefined)
const counts = ({ count, alone }: Deaths) => ({ count, alone })

it('a claim of a run that was held is a death, one of a run that was given back is none', () => {
  const deaths = new Deaths()
  claimed(deaths, 1)
  expect(counts(deaths)).toEqual({ count: 0, alone: 0 })
  claimed(deaths, 2)
  deaths.fold({ kind: 'park', fence: 2, ref: null }, undefined)
  claimed(deaths, 3)
  expect(counts(deaths)).toEqual({ count: 1, alone: 0 })
})

it('a death counts against the run only where it was worked alone under that very claim', () => {
  const deaths = new Deaths()
  claimed(deaths, 1)
  deaths.tried()
  claimed(deaths, 2)
  claimed(deaths, 3)
  expect(counts(deaths)).toEqual({ count: 2, alone: 1 })
  deaths.tried()
  deaths.fold({ kind: 'park', fence: 3, ref: null }, undefined)
  claimed(deaths, 4)
  claimed(deaths, 5)
  expect(counts(deaths)).toEqual({ count: 3, alone: 1 })
})

it('who settles an attempt of its own has lived through it; who settles that of another has not', () => {
  const deaths = new Deaths()
  claimed(deaths, 1)
  deaths.tried()
  claimed(deaths, 2)
  deaths.fold({ kind: 'settle', fence: 2, ref: 7 }, 1)
  expect(counts(deaths)).toEqual({ count: 1, alone: 1 })
  deaths.tried()
  deaths.fold({ kind: 'settle', fence: 2, ref: 9 }, 2)
  claimed(deaths, 3)
  expect(counts(deaths)).toEqual({ count: 1, alone: 0 })
})

it('a run is suspect by its journal, and by the claims that left nothing in it', () => {
  const deaths = new Deaths()
  expect(isSuspect(deaths, LIMITS.deaths_in_company)).toBe(false)
  expect(isSuspect(deaths, LIMITS.deaths_in_company + 1)).toBe(true)
  for (let fence = 0; fence <= LIMITS.deaths_in_company; fence += 1) claimed(deaths, fence)
  expect(isSuspect(deaths, 1)).toBe(true)
})
