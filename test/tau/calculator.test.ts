import { describe, expect, it } from 'vitest'
import { calculate } from './calculator.js'
import { round2 } from './shop.js'

const value = (expression: string) => calculate(null, { expression })

describe('calculator', () => {
  it.each([
    ['1 + 2 * 3', '7.0'],
    ['(1 + 2) * -3', '-9.0'],
    ['10 / 4 - .5', '2.0'],
    ['2623.69 - 1126.04', '1497.65'],
    ['1 / 8', '0.12'],
  ])('%s is %s', (expression, expected) => {
    expect(value(expression)).toBe(expected)
  })

  it.each(['2 ** 3', '1 +', '1 2', '(1', '1 / 0', ''])('%j is refused', (expression) => {
    expect(() => value(expression)).toThrow()
  })

  it.each([['process.exit()'], ['1; 2'], ['x']])('%j is refused: other characters', (expression) => {
    expect(() => value(expression)).toThrow('Invalid characters in expression')
  })

  it('halves go to the even digit', () => {
    expect([0.125, 0.375, -0.125, 2.675].map(round2)).toEqual([0.12, 0.38, -0.12, 2.67])
  })
})
