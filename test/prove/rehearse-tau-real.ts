import { fileURLToPath } from 'node:url'
import { RealHouse } from '../../src/rehearse/real/play-real.js'
import { NO_OUTSIDE_DATA, retail } from '../rehearse/outside-tasks.js'

export const name = 'rehearse-tau-real'
export const about = '30 retail tasks over real processes and PostgreSQL, with SIGKILL, SIGSTOP and every other fault'

const FILE = fileURLToPath(new URL('../rehearse/outside-tasks.ts', import.meta.url))
/** From three on, every so many: a sample of both editions. */
const EVERY = 25

export async function run(): Promise<{ summary: string; ok: boolean }> {
  if (!retail) return { summary: NO_OUTSIDE_DATA, ok: true }
  const stories = retail.options.stories.filter((_, i) => i % EVERY === 3)
  const sums = { ok: 0, completed: 0, struck: 0, bitten: 0, duplicates: 0, crashes: 0 }
  const databaseUrl = process.env.MIDWATCH_TEST_URL
  const house = await RealHouse.open(databaseUrl ? { databaseUrl } : {})
  try {
    for (const { name: story } of stories) {
      const verdict = await house.play(retail, { story, seed: 1, strikes: null }, { file: FILE })
      const { ok, runs, struck, bitten, broken, violations, duplicates } = verdict
      const told = [...broken, ...violations.map(({ what }) => what)].join(' ')
      console.log(
        `   ${story}: ${runs.map(({ status, waits }) => status ?? waits).join()}, ${struck.length} faults ${told}`,
      )
      sums.ok += ok ? 1 : 0
      sums.completed += runs.filter(({ status }) => status === 'completed').length
      sums.struck += struck.length
      sums.bitten += bitten.length
      sums.crashes += struck.filter(({ fault }) => fault === 'crash').length
      sums.duplicates += duplicates
    }
  } finally {
    await house.close()
  }
  const summary = `${sums.ok} of ${stories.length} tasks as they must be, ${sums.completed} completed; ${sums.struck} faults (${sums.crashes} workers killed), ${sums.bitten} seen to bite; ${sums.duplicates} acts done twice`
  return { summary, ok: sums.ok === stories.length && sums.duplicates === 0 }
}
