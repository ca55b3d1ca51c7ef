import { describeTree, treeNight } from '../family/nights.js'
import { withDatabase } from './with-database.js'

export const name = 'tree'
export const about =
  'runs three deep under a tenant ceiling that breaks in the deepest, workers killed: overshoot 0, one outcome each'

const TREES = 60
const DEATHS = { ms: 2_000, most: Number.POSITIVE_INFINITY }

export function run(): Promise<{ summary: string; ok: boolean }> {
  return withDatabase(async () => {
    const one = await treeNight(TREES, DEATHS)
    for (const line of one.violations.slice(0, 20)) console.log(`  ${line}`)
    const clean = one.overshoot === 0 && one.odd === 0 && one.twice === 0 && one.violations.length === 0
    return { summary: describeTree(one), ok: clean && one.kills > 0 && one.refusals > 0 && one.most === one.limit }
  })
}
