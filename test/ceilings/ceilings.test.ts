import { expect, it } from 'vitest'
import { askedIn, describe as described, overshootIn, refusingScopes, storm } from './storm.js'

it('1,000 reservations from two processes never pass a ceiling, and every one is accounted for', async () => {
  const one = await storm({ rushes: 80, sprees: 16 })
  console.log(described(one))
  expect(askedIn(one)).toBeGreaterThan(1_000)
  expect(overshootIn(one)).toBe(0)
  expect(one.books.wrong).toEqual([])
  expect(one.violations).toEqual([])
  // Each of these had more asked of it than it has; a scope that never refuses would show nothing.
  expect(refusingScopes(one)).toEqual(expect.arrayContaining(['fleet', 'tenant', 'tool', 'session']))
  const fleet = one.books.meters.get('fleet tickets total')
  // Three tickets are the most that one asks for.
  expect(fleet?.most).toBeGreaterThan((fleet?.limit ?? 0) - 3)
  expect(fleet?.open).toBeGreaterThan(0)
}, 180_000)
