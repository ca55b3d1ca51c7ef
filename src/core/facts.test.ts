import { describe, expect, it } from 'vitest'
import { factsOf } from './facts.js'

const charge = {
  ...{ at: 'run', scope: '', meter: 'steps', kind: 'sum', per: 'total', amount: 1, limit: null },
  ...{ window: -1, usedAfter: 2, reservedAfter: 1 },
}

describe('the facts of an entry', () => {
  it('may stand as they are read', () => {
    const facts = { step: 'a', charges: [charge] }
    expect(factsOf(JSON.stringify(facts))).toEqual(facts)
    expect(factsOf('{}')).toEqual({})
  })

  it('may have charges in columns, those left out holding what is usual', () => {
    const columns = { meter: ['steps'], amount: [1], usedAfter: [2], reservedAfter: [1], place: [3] }
    expect(factsOf(JSON.stringify({ step: 'a', charges: columns }))).toEqual({ step: 'a', charges: [charge] })
    expect(factsOf('{"charges":{}}')).toEqual({ charges: [] })
  })

  it('keep every column that is there', () => {
    const shared = { ...charge, at: 'shared', scope: 'fleet', kind: 'level', per: 'day', limit: 9, window: 864e5 }
    const { at: _, ...rest } = shared
    const columns = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, [value]]))
    expect(factsOf(JSON.stringify({ charges: columns })).charges).toEqual([shared])
  })

  it('of no JSON cannot be read', () => {
    expect(() => factsOf('{')).toThrow(SyntaxError)
  })
})
