import { expect, it } from 'vitest'
import { bucketOf, middleOf, quantile } from './sketch.js'

const sketch = (values: readonly number[]) => {
  const buckets = new Map<number, number>()
  for (const value of values) buckets.set(bucketOf(value), (buckets.get(bucketOf(value)) ?? 0) + 1)
  return buckets
}

it('knows every value by its bucket to within 5 %', () => {
  for (const value of [1.01, 2, 7, 99.5, 1_234, 86_400_000, 1e12]) {
    expect(Math.abs(middleOf(bucketOf(value)) - value) / value).toBeLessThanOrEqual(0.05 + 1e-9)
  }
  expect([bucketOf(0), bucketOf(1), middleOf(0)]).toEqual([0, 0, 0])
})

it('gives quantiles near those of the values themselves', () => {
  const values = Array.from({ length: 1_001 }, (_, i) => 10 + i * i)
  for (const share of [0, 0.05, 0.5, 0.95, 1]) {
    const exact = values[Math.round(share * 1_000)] ?? 0
    expect(Math.abs((quantile(sketch(values), share) ?? 0) - exact) / exact).toBeLessThanOrEqual(0.051)
  }
})

it('is put together by adding, and says nothing of nothing', () => {
  const [low, high] = [sketch([10, 10, 10]), sketch([1_000])]
  const both = new Map([...low, ...high])
  expect([Math.round(quantile(both, 0.5) ?? 0), Math.round((quantile(both, 1) ?? 0) / 100)]).toEqual([10, 10])
  expect(quantile(new Map(), 0.5)).toBeNull()
})
