import { expect, it } from 'vitest'
import type { Charge } from '../core/meters.js'
import { UsualCharges } from './usual-charges.js'

const charge = (amount: number): Charge[] => [
  { at: 'run', scope: '', meter: 'steps', kind: 'sum', per: 'total', amount, limit: null },
]

it('keeps the charges of a tool until something they hang on is another', () => {
  const usual = new UsualCharges()
  const asked = { name: 'find', lane: null, moves: 0, timeoutMs: 1_000 }
  const ceilings = [] as const
  let made = 0
  const charges = (of: Partial<typeof asked>, rows: readonly never[] = ceilings) =>
    usual.of({ ...asked, ...of }, rows, () => {
      made += 1
      return charge(made)
    })
  const first = charges({})
  expect([charges({}), made]).toEqual([first, 1])
  charges({ name: 'other' })
  expect([charges({}), made]).toEqual([first, 2])
  charges({ timeoutMs: 999 })
  charges({}, [])
  expect([charges({}) === first, made]).toEqual([false, 5])
})
