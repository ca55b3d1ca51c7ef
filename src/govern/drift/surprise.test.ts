import { describe, expect, it } from 'vitest'
import { surpriseOfCount, surpriseOfValues } from './surprise.js'

/** A day of so many values around a mean, each off by `spread` to either side. */
const day = (n: number, mean: number, spread = 1) => ({
  ...{ n, sum: n * mean, one: n * mean },
  two: n * (mean * mean + spread * spread),
})
const usual = (spread = 1) => [10, 10.1, 9.9, 10.05, 9.95, 10, 10.1, 9.9, 10, 10].map((mean) => day(100, mean, spread))

describe('a day’s mean', () => {
  it('is unusual by how far it is from the days before, in their own noise', () => {
    expect(surpriseOfValues(day(100, 10), usual())).toBeCloseTo(0, 6)
    expect(surpriseOfValues(day(100, 10.2), usual())).toBeGreaterThan(1.5)
    expect(surpriseOfValues(day(100, 11), usual())).toBeGreaterThan(4)
    expect(surpriseOfValues(day(100, 9), usual())).toBeCloseTo(-surpriseOfValues(day(100, 11), usual()), 6)
  })

  it('says little where few runs made it, and nothing where none did', () => {
    expect(surpriseOfValues(day(2, 11), usual())).toBeLessThan(1.5)
    expect(surpriseOfValues(day(0, 0), usual())).toBe(0)
    expect(surpriseOfValues(day(100, 11), [])).toBe(0)
  })

  it('is less unusual where days differ anyway', () => {
    const moody = [9, 11, 8.5, 11.5, 10, 9, 11, 10, 9.5, 10.5].map((mean) => day(100, mean))
    expect(surpriseOfValues(day(100, 11), moody)).toBeLessThan(1.2)
  })

  it('can be told of values that are all the same', () => {
    const same = Array.from({ length: 10 }, () => day(5, 3, 0))
    expect(surpriseOfValues(day(5, 3, 0), same)).toBe(0)
    expect(surpriseOfValues(day(5, 4, 0), same)).toBeGreaterThan(4)
  })
})

describe('a day’s events', () => {
  const days = (events: number) => Array.from({ length: 10 }, () => ({ events, of: 100 }))

  it('are unusual by the chance of so many, of as many as there were in all', () => {
    expect(surpriseOfCount({ events: 5, of: 100 }, days(5))).toBeCloseTo(0, 0)
    // 15 where 5 are usual: about one day in 3,000.
    expect(surpriseOfCount({ events: 15, of: 100 }, days(5))).toBeGreaterThan(2.7)
    expect(surpriseOfCount({ events: 15, of: 100 }, days(5))).toBeLessThan(4)
    expect(surpriseOfCount({ events: 0, of: 100 }, days(5))).toBeLessThan(-1.8)
  })

  it('are little news where they are few: one of none may be chance', () => {
    expect(surpriseOfCount({ events: 1, of: 100 }, days(0))).toBeLessThan(2)
    expect(surpriseOfCount({ events: 0, of: 100 }, days(0))).toBe(0)
    expect(surpriseOfCount({ events: 3, of: 100 }, days(0))).toBeGreaterThan(2.5)
  })

  it('are less unusual where days differ by more than chance', () => {
    const moody = [0, 12, 1, 11, 0, 10, 2, 9, 3, 2].map((events) => ({ events, of: 100 }))
    expect(surpriseOfCount({ events: 15, of: 100 }, moody)).toBeLessThan(
      surpriseOfCount({ events: 15, of: 100 }, days(5)) / 1.5,
    )
  })

  it('of many are judged as exactly as those of few', () => {
    const many = Array.from({ length: 10 }, () => ({ events: 50, of: 1_000 }))
    const few = Array.from({ length: 10 }, () => ({ events: 36, of: 1_000 }))
    expect(surpriseOfCount({ events: 71, of: 1_000 }, many)).toBeCloseTo(2.8, 0)
    expect(surpriseOfCount({ events: 54, of: 1_000 }, few)).toBeCloseTo(2.7, 0)
  })
})
