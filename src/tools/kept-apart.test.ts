import { expect, it } from 'vitest'
import { processorsIn } from './kept-apart.js'

it('reads a list of processors as the kernel writes it', () => {
  expect(processorsIn('0-2,5,8-9')).toEqual([0, 1, 2, 5, 8, 9])
  expect(processorsIn('3')).toEqual([3])
  expect(processorsIn('')).toEqual([])
})
