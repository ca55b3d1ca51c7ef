import { expect, it } from 'vitest'
import { deployNight, faultsOf } from './night.js'

it('three deploys under parked runs lose none, let no wrong code act, and list what is stranded', async () => {
  const night = await deployNight(10)
  expect(faultsOf(night)).toEqual([])
  expect(night.stranded.map(({ todo }) => todo.join('\n'))).toEqual([
    expect.stringContaining('accepts: [1]'),
    expect.stringContaining('midwatch cancel RUN'),
  ])
}, 180_000)
