import { describe, expect, it } from 'vitest'
import { severed } from './severed.js'

describe.each(['before', 'after'] as const)('a worker whose connection is cut %s its steps are committed', (when) => {
  it.each(['read', 'keyed', 'checked', 'once'] as const)(
    'acts once for each %s effect and ends its run',
    async (effect) => {
      const { outcome, cuts, acts, violations } = await severed(effect, when, 150)
      expect(violations).toEqual([])
      expect(outcome).toBe('completed')
      expect(cuts).toBeGreaterThan(0)
      expect(acts).toEqual(effect === 'read' ? [] : [1, 2, 3].map((n) => `${effect}_act ${effect}-${when}:${n}`))
    },
  )
})
