import { expect, it } from 'vitest'
import { countsUnder, meanOf, quantileOf, TallyMaker, together, valuesOf } from './tally.js'

it('adds what has the same name, whoever made it', () => {
  const [one, other] = [new TallyMaker(), new TallyMaker()]
  one.value('tokens', 10, 'plain')
  one.add('signal:same_call', 2)
  other.value('tokens', 30, 'plain')
  other.add('signal:same_call')
  other.add('signal:a_b_a_b', 0)
  const all = together([one.tally, other.tally])
  expect(valuesOf(all, 'tokens')).toEqual({ n: 2, sum: 40, one: 40, two: 1_000 })
  expect([meanOf(all, 'tokens'), meanOf(all, 'usd')]).toEqual([20, null])
  expect(countsUnder(all, 'signal:')).toEqual({ same_call: 3 })
})

it('takes moments on the scale of the measure, either sign', () => {
  const made = new TallyMaker()
  made.value('context_slope', -100, 'magnitude')
  made.value('context_slope', 100, 'magnitude')
  const { sum, one, two } = valuesOf(made.tally, 'context_slope')
  expect([sum, one]).toEqual([0, 0])
  expect(two).toBeCloseTo(2 * Math.asinh(100) ** 2)
})

it('gives quantiles of one name alone', () => {
  const made = new TallyMaker()
  for (const ms of [100, 100, 5_000]) made.bucket('latency', ms)
  made.bucket('latency_other', 7)
  expect(quantileOf(made.tally, 'latency', 0.5) ?? 0).toBeCloseTo(100, -1)
  expect(quantileOf(made.tally, 'active', 0.5)).toBeNull()
})
