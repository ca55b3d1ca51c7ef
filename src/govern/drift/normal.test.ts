import { expect, it } from 'vitest'
import { lnGamma, normalOfT, normalQuantile } from './normal.js'

it('knows the normal deviates of tables', () => {
  const known = [
    [0.5, 0],
    [0.975, 1.959_964],
    [0.025, -1.959_964],
    [0.99865, 2.999_977],
    [1e-6, -4.753_424],
  ] as const
  for (const [share, deviate] of known) expect(normalQuantile(share)).toBeCloseTo(deviate, 5)
  expect([normalQuantile(0), normalQuantile(1)]).toEqual([-8, 8])
})

it('brings a deviate of Student’s t to the normal one of the same chance', () => {
  // t 0.975 with 9, 30 and very many degrees of freedom.
  for (const [t, freedom] of [
    [2.262, 9],
    [2.042, 30],
    [1.96, 1e7],
  ] as const) {
    expect(normalOfT(t, freedom)).toBeCloseTo(1.96, 2)
    expect(normalOfT(-t, freedom)).toBeCloseTo(-1.96, 2)
  }
})

it('knows factorials by their logarithms', () => {
  for (const [x, factorial] of [
    [1, 1],
    [2, 1],
    [5, 24],
    [11, 3_628_800],
  ] as const) {
    expect(lnGamma(x)).toBeCloseTo(Math.log(factorial), 8)
  }
  expect(lnGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 8)
})
