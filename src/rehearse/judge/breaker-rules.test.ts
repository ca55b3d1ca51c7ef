import { expect, it } from 'vitest'
import type { BreakerMove, BreakerState } from '../../core/breakers.js'
import type { RunFacts } from '../../core/invariants/facts.js'
import { type Breaker, breakerRules } from './breaker-rules.js'

const KEY = 'tool:shop'

function breaker(...states: BreakerState[]): Breaker {
  const moves = states.map((state, i): BreakerMove => {
    const was = states[i - 1] ?? 'closed'
    return { key: KEY, revision: i + 1, was, state, at: i, by: 'fleet', reason: null }
  })
  const state = states.at(-1) ?? 'closed'
  const marks = { at: 0, until: null, opened: 1, probes: 0, probesMost: 2, by: 'fleet', reason: null }
  return { row: { key: KEY, state, revision: states.length, ...marks }, moves }
}
const probing = (...revisions: number[]) => {
  const entries = revisions.map((revision) => ({ facts: { probe: { key: KEY, revision } } }))
  return [{ entries }] as unknown as RunFacts[]
}

it('a breaker that opens, probes and closes keeps to the rules', () => {
  expect(breakerRules([breaker('open', 'half_open', 'open', 'half_open', 'closed')], probing(2, 4, 4))).toEqual([])
  expect(breakerRules([breaker('isolated', 'half_open')], [])).toEqual([])
})

it.each([
  [['half_open'], 'moved from closed to half_open'],
  [['open', 'closed'], 'moved from open to closed'],
  [['isolated', 'closed'], 'moved from isolated to closed'],
] as const)('moves %j are found', (states, say) => {
  expect(breakerRules([breaker(...states)], [])[0]).toContain(say)
})

it('a move that is missing, and a row that no move led to, are found', () => {
  const whole = breaker('open', 'half_open', 'closed')
  expect(breakerRules([{ ...whole, moves: whole.moves.slice(1) }], [])[0]).toContain(
    'moved from open to half_open behind closed',
  )
  expect(breakerRules([{ ...whole, row: { ...whole.row, state: 'open' } }], [])[0]).toContain(
    'its last move went to closed',
  )
})

it('a probe too many is found, round by round', () => {
  const whole = breaker('open', 'half_open', 'half_open')
  expect(breakerRules([whole], probing(2, 2, 3, 3))).toEqual([])
  expect(breakerRules([whole], probing(2, 2, 3, 3, 3))).toEqual([
    `3 probes of the breaker ${KEY} began in one round of 2.`,
  ])
})
