import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { blocksOf } from './pages/blocks.js'

const example = (name: string) => readFileSync(`examples/bring-your-own/${name}.ts`, 'utf8')

it('docs/bring-your-own.md shows before and after as the example has them, which is run', () => {
  const block = (mark: string) => blocksOf('docs/bring-your-own.md').find((one) => one.mark === mark)?.code
  expect(block('before')).toBe(example('agent-before'))
  expect(block('after')).toBe(example('agent-after'))
})
