import { describe, expect, it } from 'vitest'
import { agreement } from './agreement.js'

const said = (...calls: string[]) => new Set(calls)

describe('agreement of answers to the same question', () => {
  it('is the share of the others that propose the same', () => {
    expect(agreement('a', [said('a'), said('b'), said('a', 'b'), said()])).toEqual({ confidence: 0.5, agreed: 2 })
    expect(agreement('a', [said('a'), said('a')]).confidence).toBe(1)
    expect(agreement('a', [said('b'), said('c')]).confidence).toBe(0)
  })

  it('is none where an answer did not come, or nobody else was asked', () => {
    expect(agreement('a', [said('a'), null]).confidence).toBe(0.5)
    expect(agreement('a', [])).toEqual({ confidence: 0, agreed: 0 })
  })
})
