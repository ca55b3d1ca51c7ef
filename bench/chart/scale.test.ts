import { describe, expect, it } from 'vitest'
import { linearScale, logScale, spread } from './scale.js'

describe('an axis by powers of ten', () => {
  it('ends at whole powers round all values, and is even in their ratios', () => {
    const scale = logScale([3, 40, 700], 0, 300)
    expect([scale.at(1), scale.at(10), scale.at(1_000)].map(Math.round)).toEqual([0, 100, 300])
    expect(scale.ticks).toEqual([1, 10, 100, 1_000])
  })

  it('has ticks between powers where there are few of them', () => {
    expect(logScale([2, 8], 0, 100).ticks).toEqual([1, 2, 5, 10])
  })

  it('has a length for one value alone', () => {
    expect(logScale([10], 0, 100).at(10)).toBe(0)
    expect(logScale([10], 0, 100).ticks).toEqual([10, 20, 50, 100])
  })
})

describe('an axis from 0', () => {
  it('ends at a round number that no value passes', () => {
    const scale = linearScale([730, 1_180], 0, 100)
    expect(scale.ticks).toEqual([0, 500, 1_000, 1_500])
    expect(scale.at(1_500)).toBeCloseTo(100)
  })

  it('stands even where all values are 0', () => {
    const scale = linearScale([0, 0], 10, 110)
    expect(scale.at(0)).toBe(10)
    expect(scale.ticks.length).toBeGreaterThan(1)
  })
})

describe('names at the ends of lines', () => {
  it('keep their order and get their room', () => {
    expect(spread([50, 52, 10], 16, 345)).toEqual([50, 66, 10])
  })

  it('stay above the end', () => {
    expect(spread([340, 344], 16, 345)).toEqual([329, 345])
  })
})
