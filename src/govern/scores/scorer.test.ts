import { describe, expect, it } from 'vitest'
import { factsOf } from '../facts.js'
import { type CodeScorer, type ScoredRun, scoresOf } from './scorer.js'

const facts = factsOf({ steps: 3, used: { usd: 7 }, done: [{ tool: 'find', input: { id: 'W1' } }], tenant: 't' })
const run: ScoredRun = { ...facts, runId: 'r1', input: { message: 'hi' } }
const done = { status: 'completed', output: { n: 3 } } as const
const scorer = (of: unknown, name = 'a') => ({ name, by: 'code', of }) as CodeScorer<never>

describe('scorers in code', () => {
  it('see the outcome and what the journal holds', () => {
    const seen = scorer((outcome: typeof done, { input, did, used }: ScoredRun) =>
      outcome.output.n === 3 && did({ name: 'find' }, { id: 'W1' }) && used.usd === 7 && input ? 1 : 0,
    )
    expect(scoresOf([seen], done, run)).toEqual({ scores: [{ name: 'a', value: 1 }], unscored: [] })
  })

  it('may have nothing to say', () => {
    expect(scoresOf([scorer(() => null)], done, run)).toEqual({ scores: [], unscored: [] })
  })

  it.each([[2], [-1], [Number.NaN], ['1'], [undefined]])(
    'that give %s give no score, and the others theirs',
    (value) => {
      const { scores, unscored } = scoresOf([scorer(() => value), scorer(() => 0.5, 'b')], done, run)
      expect(scores).toEqual([{ name: 'b', value: 0.5 }])
      expect(unscored).toEqual([{ name: 'a', why: `It gave ${value}, which is no number from 0 to 1.` }])
    },
  )

  it('that throw give no score', () => {
    const broken = scorer(() => {
      throw new Error('typo')
    })
    expect(scoresOf([broken], done, run).unscored).toEqual([{ name: 'a', why: 'It threw: typo' }])
  })
})
