import { expect, it } from 'vitest'
import { OwnWakes } from './own-wakes.js'

it('as many wakes are passed over as were caused here, by queue', () => {
  const wakes = new OwnWakes(() => 0)
  wakes.sent('default')
  wakes.sent('default')
  wakes.sent('slow')
  expect([1, 2, 3].map(() => wakes.passes('default'))).toEqual([true, true, false])
  expect(wakes.passes('slow')).toBe(true)
})

it('what made nothing due causes none', () => {
  const wakes = new OwnWakes(() => 0)
  wakes.sent('default')
  wakes.withdrawn('default')
  expect(wakes.passes('default')).toBe(false)
})

it('one that was lost is not taken for that of another process later on', () => {
  let nowMs = 0
  const wakes = new OwnWakes(() => nowMs)
  wakes.sent('default')
  nowMs = 300
  expect(wakes.passes('default')).toBe(false)
})
