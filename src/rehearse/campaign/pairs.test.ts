import { describe, expect, it } from 'vitest'
import type { Strike } from '../fault.js'
import { type Led, Pairs, rankOf, spread } from './pairs.js'
import { readStrike, showStrike } from './strike-text.js'

const STRIKES = [
  ...['crash', 'stall', 'ledger_away', 'commit_delayed'].flatMap((fault) => [`${fault}@call:a#1`, `${fault}@call:b#1`]),
  'tool_timeout_after@tool:pay#1',
  'kill@moment:begin#1',
].map(readStrike)
const keyOf = (pair: readonly Strike[]) => pair.map(showStrike).sort().join(' ')

describe('the pairs of a story', () => {
  const pairs = new Pairs(STRIKES, [])

  it('are all pairs of strikes at different visits, each once', () => {
    const all = pairs.take(Number.MAX_SAFE_INTEGER).map(keyOf)
    const expected = STRIKES.flatMap((a, at) => STRIKES.slice(at + 1).map((b) => [a, b] as const)).filter(
      ([a, b]) => a.place !== b.place,
    )
    expect(new Set(all)).toEqual(new Set(expected.map(keyOf)))
    expect(all.length).toBe(expected.length)
    expect(pairs.possible).toBe(expected.length)
  })

  it('begin with those that the fault matrix names', () => {
    const first = pairs.take(6).map((pair) =>
      pair
        .map(({ fault }) => fault)
        .sort()
        .join('+'),
    )
    expect(new Set(first)).toEqual(
      new Set(['crash+crash', 'crash+ledger_away', 'commit_delayed+stall', 'kill+tool_timeout_after']),
    )
  })

  it('take in what only the first strike leads to', () => {
    const led: Led[] = [{ first: readStrike('crash@call:a#1'), second: readStrike('crash@call:claim#2') }]
    const more = new Pairs(STRIKES, led)
    expect(more.possible).toBe(pairs.possible + 1)
    expect(more.take(5).map(keyOf)).toContain('crash@call:a#1 crash@call:claim#2')
  })

  it('keep to their budget', () => {
    for (const most of [0, 1, 7, 20]) expect(pairs.take(most).length).toBe(most)
  })
})

describe('an order', () => {
  it('of enumeration has the deaths of workers first, then what else befalls them', () => {
    const ranks = STRIKES.map((strike) => `${strike.fault} ${rankOf(strike)}`)
    expect(new Set(ranks)).toEqual(
      new Set(['crash 0', 'stall 1', 'ledger_away 2', 'commit_delayed 2', 'tool_timeout_after 2', 'kill 2']),
    )
  })

  it.each([1, 2, 3, 10, 97, 100])('that is spread over %i items has each once', (count) => {
    const items = Array.from({ length: count }, (_, at) => at)
    expect(spread(items).sort((a, b) => a - b)).toEqual(items)
  })
})
