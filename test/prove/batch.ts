import { batchNight, describeBatch } from '../family/nights.js'
import { isBad, rowKey } from '../family/scene.js'
import { withDatabase } from './with-database.js'

export const name = 'batch'
export const about =
  '10,000 rows, one in a hundred bad, a worker killed every 2 s: each row worked once, the bad ones named'

const ROWS = 10_000
const DEATHS = { ms: 2_000, most: Number.POSITIVE_INFINITY }

export function run(): Promise<{ summary: string; ok: boolean }> {
  return withDatabase(async () => {
    const one = await batchNight(ROWS, DEATHS)
    const bad = Array.from({ length: ROWS }, (_, no) => no)
      .filter(isBad)
      .map(rowKey)
    const named = one.outcome.status === 'completed' && one.outcome.output.failed.join() === bad.join()
    for (const line of one.violations.slice(0, 20)) console.log(`  ${line}`)
    const ok = named && one.twice === 0 && one.missing === 0 && one.violations.length === 0 && one.kills > 0
    return { summary: `${describeBatch(one)}; exactly the bad ones are named: ${named}`, ok }
  })
}
