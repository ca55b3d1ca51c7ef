import { durationMs } from '../../src/core/time.js'
import { type DeathNight, type DeathPlan, deathNight, type Relieved } from '../death/night.js'
import { SORTS } from '../death/scene.js'
import { withDatabase } from './with-database.js'

export const name = 'death'
export const about =
  'SIGKILL of one of two workers: how soon its runs go on at the other, where the server sees its death and where not'

const SEEN_WITHIN_MS = 500
const SEEN: DeathPlan = { rounds: 10, runs: 40, lease: '10s', seen: true }
const UNSEEN: DeathPlan = { rounds: 5, runs: 40, lease: '3s', seen: false }

export function run(): Promise<{ summary: string; ok: boolean }> {
  return withDatabase(async () => {
    const seen = await deathNight(SEEN)
    tell('seen', seen)
    const unseen = await deathNight(UNSEEN)
    tell(`not seen, lease ${UNSEEN.lease}`, unseen)
    const within = durationMs(UNSEEN.lease) + 1_000
    const medians = [middle(seen.relieved), middle(unseen.relieved)] as const
    const faults = [seen, unseen].flatMap(({ violations, disturbed }) => [
      ...violations,
      ...(disturbed > 0 ? [`${disturbed} runs of the survivor were claimed again`] : []),
    ])
    for (const fault of faults.slice(0, 20)) console.log(`  ${fault}`)
    const summary = [
      `${seen.relieved.length} runs went on after a death that was seen, median ${medians[0]} ms (limit ${SEEN_WITHIN_MS})`,
      `${unseen.relieved.length} after one that was not, median ${medians[1]} ms (limit ${within})`,
      `${faults.length} faults`,
    ].join('; ')
    return { summary, ok: faults.length === 0 && medians[0] <= SEEN_WITHIN_MS && medians[1] <= within }
  })
}

function tell(what: string, { relieved }: DeathNight): void {
  for (const sort of SORTS) {
    const some = relieved.filter((one) => one.sort === sort)
    const most = Math.max(...some.map((one) => one.afterMs))
    console.log(`  ${what}: ${some.length} runs before a ${sort} step, median ${middle(some)} ms, most ${most} ms`)
  }
}

function middle(relieved: readonly Relieved[]): number {
  const sorted = relieved.map((one) => one.afterMs).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
