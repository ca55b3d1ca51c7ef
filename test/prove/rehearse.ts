import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Exhausted } from '../../src/rehearse/campaign/enumerate.js'
import type { Report } from '../../src/rehearse/report/report.js'
import { scorecard } from '../../src/rehearse/report/scorecard.js'

export const name = 'rehearse'
export const about =
  'the refund desk: every crash point and every pair of faults of a short story enumerated, 10,000 explored seeds, the naive twin beside it'

const CASES = Number(process.env.MIDWATCH_REHEARSE_CASES ?? 10_000)
const FILE = 'examples/refund-desk/rehearsal.ts'
/** The built command, as users have it: a loader of sources slows what it loads. */
const COMMAND = ['dist/cli/main.js', 'rehearse', FILE, '--json', '--processes', '2']
const MOST_BYTES = 64_000_000
/** The story with the fewest places, and the shortest one with an effect. */
const SHORT = 'off topic'
const REFUND = 'plain refund'

/** Enumerations first; then seeds, without the twin to be timed, and a tenth of them with it. */
export async function run(): Promise<{ summary: string; ok: boolean }> {
  const crashes = await rehearsed('--mode', 'enumerate', '--faults', 'crash', '--pairs', '0')
  const short = await rehearsed('--mode', 'enumerate', '--story', SHORT, '--pairs', 'all')
  const twice = await rehearsed('--mode', 'enumerate', '--story', REFUND, '--faults', 'crash', '--pairs', 'all')
  const seeds = await rehearsed('--mode', 'explore', '--cases', String(CASES))
  const twins = await rehearsed('--mode', 'explore', '--cases', String(Math.ceil(CASES / 10)), '--naive')
  const all = [crashes, short, twice, seeds, twins]
  const exhausted = [
    enumeratedOf(crashes).singles,
    ...[short, twice].flatMap((report) => Object.values(enumeratedOf(report))),
  ]
  const naive = twins.scenarios[0]?.naive?.sums
  const governed = twins.scenarios[0]?.tally.sums
  const summary = [
    `${of(enumeratedOf(crashes).singles)} crash points`,
    `'${SHORT}': ${of(enumeratedOf(short).singles)} faults, ${of(enumeratedOf(short).pairs)} pairs of them`,
    `'${REFUND}': ${of(enumeratedOf(twice).pairs)} pairs of crashes`,
    `${seeds.cases} seeds in ${(seeds.tookMs / 1_000).toFixed(0)} s (${seeds.casesPerSecond} cases, ${Math.round((seeds.runs * 1_000) / seeds.tookMs)} runs a second)`,
    `acts done twice: ${governed?.duplicates}, the naive twin's ${naive?.duplicates}; stuck: ${governed?.stuck}, its ${naive?.stuck}`,
  ].join('; ')
  return { summary, ok: all.every((report) => report.ok) && exhausted.every(isWhole) }
}

/** One rehearsal by the built command, shown as it comes. */
async function rehearsed(...options: readonly string[]): Promise<Report> {
  const { stdout } = await promisify(execFile)(process.execPath, [...COMMAND, ...options], {
    maxBuffer: MOST_BYTES,
  }).catch((error: { code?: unknown; stdout?: string }) => {
    // Something that breaks gives exit code 1, and its report all the same.
    if (error.code === 1 && error.stdout) return { stdout: error.stdout }
    throw error
  })
  const report = JSON.parse(stdout) as Report
  console.log(scorecard(report), '\n')
  return report
}

function enumeratedOf({ scenarios }: Report): { readonly singles: Exhausted; readonly pairs: Exhausted } {
  const nothing = { possible: 0, done: 0, idle: 0 }
  return scenarios[0]?.enumerated ?? { singles: nothing, pairs: nothing }
}

const isWhole = ({ possible, done }: Exhausted): boolean => possible > 0 && done === possible
const of = ({ done, possible }: Exhausted): string => `${done} of ${possible}`
