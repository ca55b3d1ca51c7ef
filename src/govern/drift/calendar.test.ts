import { expect, it } from 'vitest'
import { dayOf, hourOf, weekOf } from './calendar.js'

it('begins weeks on Monday at 00:00 UTC, days and hours where clocks do', () => {
  const sunday = Date.UTC(2026, 2, 8, 23, 59, 59)
  expect(new Date(weekOf(sunday)).toISOString()).toBe('2026-03-02T00:00:00.000Z')
  expect(new Date(weekOf(sunday + 1_000)).toISOString()).toBe('2026-03-09T00:00:00.000Z')
  expect(new Date(dayOf(sunday)).toISOString()).toBe('2026-03-08T00:00:00.000Z')
  expect(new Date(hourOf(sunday)).toISOString()).toBe('2026-03-08T23:00:00.000Z')
})
