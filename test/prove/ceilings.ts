import { askedIn, describe, overshootIn, refusingScopes, storm } from '../ceilings/storm.js'
import { withDatabase } from './with-database.js'

export const name = 'ceilings'
export const about = 'storms of reservations from two processes on the same meters: overshoot 0, every sum conserved'

const SIZES = [
  { rushes: 80, sprees: 16 },
  { rushes: 8, sprees: 120 },
  { rushes: 400, sprees: 40 },
] as const

export function run(): Promise<{ summary: string; ok: boolean }> {
  return withDatabase(async () => {
    const all = []
    for (const size of SIZES) {
      const one = await storm(size)
      console.log(describe(one))
      all.push(one)
    }
    const asked = all.reduce((sum, one) => sum + askedIn(one), 0)
    const overshoot = Math.max(...all.map(overshootIn))
    const wrong = all.flatMap((one) => [...one.books.wrong, ...one.violations])
    const scopes = [...new Set(all.flatMap(refusingScopes))].sort()
    const summary = `${asked} reservations in ${all.length} storms, overshoot ${overshoot}, sums not conserved or invariants violated: ${wrong.length}; refused at ${scopes.join(', ')}`
    return { summary, ok: overshoot === 0 && wrong.length === 0 && scopes.length === 5 }
  })
}
