import { describe, expect, it } from 'vitest'
import { allow, escalate, refuse } from '../verdict.js'
import { checkLow, type Estimate, isLow, lowText, lowVerdict } from './low.js'

const estimate: Estimate = {
  ...{ of: 'pay', args: 'd', confidence: 1 / 3, below: 0.7, by: 'samples', samples: 4, agreed: 1, why: null },
  ...{ model: 'scripted/a', asked: [], usdMicros: 3 },
}
const people = escalate({ to: 'ann', within: '1h', otherwise: 'refuse' })
const others = escalate({ to: 'ben', within: '1h', otherwise: 'refuse' })

describe('a proposal below the bar', () => {
  it('is below it, and not at it', () => {
    expect([isLow(estimate), isLow({ confidence: 0.7, below: 0.7 })]).toEqual([true, false])
  })

  it('is refused with its number, its bar and how it was found', () => {
    const say = 'Confidence is 0.33, below 0.7 (1 of 3 other answers agreed). Find out more first, or end.'
    expect(lowVerdict(allow(), estimate, 'refuse')).toEqual({ verdict: 'refuse', reason: 'low_confidence', say })
    expect(lowText({ ...estimate, samples: null, agreed: null, why: 'Thin.' })).toContain('(the verifier: Thin.)')
  })

  it('never passes where a rule refuses, and keeps the people that the rule names', () => {
    const no = refuse('policy', 'No.')
    for (const otherwise of ['refuse', people, { handOver: 'ann' }] as const)
      expect(lowVerdict(no, estimate, otherwise)).toBe(no)
    expect(lowVerdict(others, estimate, people)).toBe(others)
    expect(lowVerdict(allow(), estimate, people)).toBe(people)
    expect(lowVerdict(others, estimate, 'refuse')).toMatchObject({ verdict: 'refuse', reason: 'low_confidence' })
  })

  it('has a policy that is one, or is refused', () => {
    for (const fine of ['refuse', people, { handOver: 'ann' }]) expect(() => checkLow('a', fine)).not.toThrow()
    for (const wrong of ['allow', allow(), refuse('policy'), { handOver: '' }, null, undefined])
      expect(() => checkLow('a', wrong)).toThrow(/otherwise is 'refuse', escalate/)
  })
})
