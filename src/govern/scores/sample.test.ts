import { describe, expect, it } from 'vitest'
import { isSampled } from './sample.js'

const ids = Array.from({ length: 4_000 }, (_, i) => `run-${i}`)
const shareOf = (name: string, share: number) => ids.filter((id) => isSampled(id, name, share)).length / ids.length

describe('the share of runs that is scored', () => {
  it('is what was asked for, by ids alone', () => {
    expect([shareOf('a', 0), shareOf('a', 1)]).toEqual([0, 1])
    expect(Math.abs(shareOf('a', 0.1) - 0.1)).toBeLessThan(0.02)
    expect(ids.map((id) => isSampled(id, 'a', 0.5))).toEqual(ids.map((id) => isSampled(id, 'a', 0.5)))
  })

  it('is another for each scorer, and grows by adding runs', () => {
    const both = ids.filter((id) => isSampled(id, 'a', 0.5) && isSampled(id, 'b', 0.5)).length / ids.length
    expect(Math.abs(both - 0.25)).toBeLessThan(0.04)
    expect(ids.filter((id) => isSampled(id, 'a', 0.1)).every((id) => isSampled(id, 'a', 0.2))).toBe(true)
  })
})
