import { fileURLToPath } from 'node:url'
import { rehearsal } from '../../examples/refund-desk/rehearsal.js'
import { conduct } from '../../src/rehearse/conduct.js'
import { scorecard } from '../../src/rehearse/report/scorecard.js'

export const name = 'rehearse'
export const about = 'the refund desk: every crash point enumerated, 10,000 explored seeds, the naive twin beside it'

const CASES = Number(process.env.MIDWATCH_REHEARSE_CASES ?? 10_000)
const FILE = 'examples/refund-desk/rehearsal.ts'

/** Crash points first, one by one; then seeds, without the twin to be timed, and a tenth of them with it. */
export async function run(): Promise<{ summary: string; ok: boolean }> {
  const file = fileURLToPath(new URL(`../../${FILE}`, import.meta.url))
  const loaded = [{ scenario: rehearsal, file }]
  const { signal: stop } = new AbortController()
  const shared = { seed: 1, forMs: Number.POSITIVE_INFINITY, processes: 2 }
  const shown = () => FILE
  const crashes = await conduct(
    loaded,
    { ...shared, mode: 'enumerate', cases: Number.POSITIVE_INFINITY, pairs: 0, faults: ['crash'], naive: false },
    { stop },
    shown,
  )
  const explore = { ...shared, mode: 'explore', pairs: 0, faults: null } as const
  const seeds = await conduct(loaded, { ...explore, cases: CASES, naive: false }, { stop }, shown)
  const twins = await conduct(loaded, { ...explore, cases: Math.ceil(CASES / 10), naive: true }, { stop }, shown)
  for (const report of [crashes, seeds, twins]) console.log(scorecard(report), '\n')
  const singles = crashes.scenarios[0]?.enumerated?.singles
  const naive = twins.scenarios[0]?.naive?.sums
  const governed = twins.scenarios[0]?.tally.sums
  const summary = [
    `${singles?.done} of ${singles?.possible} crash points`,
    `${seeds.cases} seeds in ${(seeds.tookMs / 1_000).toFixed(0)} s (${seeds.casesPerSecond} cases, ${Math.round((seeds.runs * 1_000) / seeds.tookMs)} runs a second)`,
    `acts done twice: ${governed?.duplicates}, the naive twin's ${naive?.duplicates}; stuck: ${governed?.stuck}, its ${naive?.stuck}`,
  ].join('; ')
  return { summary, ok: crashes.ok && seeds.ok && singles?.done === singles?.possible }
}
