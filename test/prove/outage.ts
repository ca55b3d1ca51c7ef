import { compared } from '../outage/outage.js'
import { withDatabase } from './with-database.js'

export const name = 'outage'
export const about =
  'a provider dies under two worker processes: what reaches it with a breaker and without, and how it comes back'

export function run(): Promise<{ summary: string; ok: boolean }> {
  return withDatabase(async () => {
    const { bare, contained, fall } = await compared({ perSecond: 40, windowS: 5, countedMs: 15_000 })
    const s = (ms: number) => `${(ms / 1_000).toFixed(1)} s`
    const summary = [
      `after one window ${contained.requests} requests in 15 s reached the dead endpoint, ${bare.requests} without a breaker: ${(fall * 100).toFixed(1)} % fewer`,
      `its breaker closed ${s(contained.closedMs)} after the endpoint was back, the last run ended after ${s(contained.endedMs)}; no hand`,
      `ends with it ${JSON.stringify(contained.ends)}, without ${JSON.stringify(bare.ends)}`,
      `${bare.violations + contained.violations} violations`,
    ]
    const ok = fall >= 0.95 && contained.closedMs < 10_000 && bare.violations + contained.violations === 0
    return { summary: summary.map((line) => `\n  ${line}`).join(''), ok }
  })
}
