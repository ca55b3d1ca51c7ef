import { describe, expect, it } from 'vitest'
import { CASES } from './cases.js'
import { nightFromEnvironment, nightOf } from './night.js'

const troubles = (seed: number) =>
  CASES.map(({ orderId }) => [1, 2, 3, 4, 5, 6].map((nth) => nightOf(seed).provider(orderId, nth)))

describe('a night', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(troubles(7)).toEqual(troubles(7))
    expect(troubles(7)).not.toEqual(troubles(8))
  })

  it('storms for three requests at least, and then lets one through', () => {
    const kinds = [1, 2, 3, 4, 5].map((nth) => nightOf(7).provider('1005', nth).kind)
    expect(kinds.slice(0, 3)).toEqual(['busy', 'busy', 'busy'])
    expect(kinds.at(-1)).toBe('slow')
  })

  it('loses an answer once: the second request is answered', () => {
    const night = nightOf(7)
    expect([1, 2].map((nth) => night.provider('1004', nth).kind)).toEqual(['pay_then_hang', 'slow'])
  })

  it('is calm where the environment names no seed', () => {
    expect(nightFromEnvironment(undefined).provider('1004', 1)).toEqual({ kind: 'none' })
    expect(nightFromEnvironment('7').provider('1004', 1)).toEqual({ kind: 'pay_then_hang' })
  })

  it('gives every case an order of its own', () => {
    const orders = CASES.map((one) => one.orderId)
    expect(new Set(orders).size).toBe(orders.length)
    expect(CASES.length).toBeGreaterThanOrEqual(12)
  })
})
