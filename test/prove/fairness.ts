// Ten tenants, one of which sends a hundred times what the others send: how long those wait to begin, alone and beside it.
import { freshDatabase } from '../database.js'
import { type Flooded, flooded } from '../fairness/scene.js'
import { withDatabase } from './with-database.js'

export const name = 'fairness'
export const about = 'ten tenants, one at 100 times the load of the others: their queue time, alone and beside it'

const LOAD = {
  ...{ callMs: 1_000, everyMs: 1_000, loudTimes: 100, forMs: 30_000, rounds: 3 },
  ...{ worker: { concurrency: 64, perTenant: 48 }, bound: 200 },
}
const MOST = 2

export function run(): Promise<{ summary: string; ok: boolean }> {
  return withDatabase(async () => {
    const database = await freshDatabase()
    try {
      const found = await flooded(database.url, LOAD)
      console.log(`  ${told('alone', found.aloneMs)}\n  ${told('beside the loud one', found.besideMs)}`)
      return judged(found)
    } finally {
      await database.drop()
    }
  })
}

function judged({ aloneMs, besideMs, loud, waiting, violations }: Flooded): { summary: string; ok: boolean } {
  const [alone, beside] = [at(aloneMs, 0.99), at(besideMs, 0.99)]
  const ratio = beside / Math.max(1, alone)
  const turnedAway = `${loud.refused} of ${loud.accepted + loud.refused} starts of the loud one turned away, ${waiting} of it waiting`
  const summary = `p99 queue time of the others ${beside} ms, ${ratio.toFixed(2)} × what it is alone (${alone} ms, limit ${MOST}); ${turnedAway}; ${violations.length} violations`
  return { summary, ok: ratio <= MOST && loud.refused > 0 && waiting > 100 && violations.length === 0 }
}

const told = (when: string, ms: readonly number[]): string =>
  `${when}: ${ms.length} runs, p50 ${at(ms, 0.5)} ms, p90 ${at(ms, 0.9)} ms, p99 ${at(ms, 0.99)} ms, most ${at(ms, 1)} ms`

function at(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}
