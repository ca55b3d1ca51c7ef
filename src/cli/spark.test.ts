import { expect, it } from 'vitest'
import { spark } from './spark.js'

it('draws values as bars, the least lowest, and a dot for none', () => {
  expect(spark([0, 1, 2, 3, 4, 5, 6, 7])).toBe('▁▂▃▄▅▆▇█')
  expect(spark([10, null, 20])).toBe('▁·█')
  expect(spark([5, 5])).toBe('▅▅')
})
