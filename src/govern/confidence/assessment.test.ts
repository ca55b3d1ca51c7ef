import { describe, expect, it } from 'vitest'
import { assessmentIn } from './assessment.js'

const said = (input: unknown, name = 'assess') => [
  { name, inputText: typeof input === 'string' ? input : JSON.stringify(input) },
]

describe('what a judging model says', () => {
  it('is one call with a number and a reason', () => {
    expect(assessmentIn(said({ value: 0.25, why: 'Thin.' }))).toEqual({ value: 0.25, why: 'Thin.' })
    expect(assessmentIn(said({ value: 1, why: 'x'.repeat(900) }))?.why).toHaveLength(500)
  })

  it.each([
    ['no call', []],
    ['two calls', [...said({ value: 1, why: '' }), ...said({ value: 1, why: '' })]],
    ['another tool', said({ value: 1, why: '' }, 'complete')],
    ['no JSON', said('{"value": 1, "wh')],
    ['no object', said('1')],
    ['a list', said([1])],
    ['null', said('null')],
    ['a number as text', said({ value: '0.9', why: '' })],
    ['a percentage', said({ value: 90, why: '' })],
    ['a negative number', said({ value: -0.1, why: '' })],
    ['no number', said({ why: 'Sure.' })],
    ['no reason', said({ value: 1 })],
    ['more than was asked', said({ value: 1, why: '', also: true })],
    ['what JSON makes infinite', said('{"value": 1e999, "why": ""}')],
  ])('is nothing when it is %s', (_, calls) => {
    expect(assessmentIn(calls)).toBeNull()
  })
})
