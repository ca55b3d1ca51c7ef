// 50 random policies, each played by a greedy model through a hostile world: the bound is never passed, and nearly reached.
import { reachedBy } from '../bound/policies.js'

export const name = 'bound'
export const about = 'the worst that a greedy model gets out of 50 random policies, beside what `midwatch bound` says'

const POLICIES = 50
const NEAR = 0.5

export async function run(): Promise<{ summary: string; ok: boolean }> {
  const from = Number(process.env.MIDWATCH_SEED ?? 1)
  let [passed, far, least] = [0, 0, 1]
  for (let seed = from; seed < from + POLICIES; seed += 1) {
    const reached = await reachedBy(seed)
    const over = reached.filter(({ used, most }) => most !== null && used > most)
    const share = Math.max(...reached.map(({ used, most }) => (most ? used / most : 0)))
    least = Math.min(least, share)
    if (share < NEAR) far += 1
    if (over.length > 0) passed += 1
    for (const { meter, used, most } of over) console.log(`   seed ${seed}: ${meter} used ${used}, bound ${most}`)
  }
  const seeds = `seeds ${from} to ${from + POLICIES - 1}`
  const summary = `${POLICIES} policies (${seeds}): ${passed} passed their bound, ${far} stayed below half of every one (least ${(least * 100).toFixed(0)} % of one)`
  return { summary, ok: passed === 0 && far === 0 }
}
