import { expect, it } from 'vitest'
import { type BenchOptions, readOptions } from './options.js'
import { Progress } from './progress.js'
import type { Section } from './section.js'

const section = (name: string, seconds: number): Section => ({ name, seconds: () => seconds, run: async () => [] })

it('tells what is left, by the pace of what was done so far', () => {
  let nowMs = 0
  const [first, second, third] = [section('first', 10), section('second', 40), section('third', 200)] as const
  const progress = new Progress([first, second, third], readOptions([]) as BenchOptions, () => nowMs)
  expect(progress.begin(first)).toBe('[1/3] first; about 4 min left')
  nowMs = 20_000
  progress.end(first)
  // All takes twice as long as was expected.
  expect(progress.begin(second)).toBe('[2/3] second; about 8 min left')
  nowMs = 45_000
  progress.end(second)
  expect(progress.begin(third)).toBe('[3/3] third; about 3 min left')
})
