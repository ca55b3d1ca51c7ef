import { deployNight, faultsOf } from '../deploys/night.js'
import { withDatabase } from './with-database.js'

export const name = 'deploys'
export const about =
  'three deploys under 50 parked runs (same version, compatible, incompatible), with real workers that are killed and started'

const RUNS = 50

export function run(): Promise<{ summary: string; ok: boolean }> {
  return withDatabase(async () => {
    const night = await deployNight(RUNS, (line) => console.log(`  ${line}`))
    const faults = faultsOf(night)
    for (const fault of faults) console.log(`  ${fault}`)
    const listed = night.stranded.map(({ version, why, runs }) => `${runs} of version ${version} ${why}`).join(', ')
    const summary = `${night.completed} of ${night.runs} runs completed over 3 deploys and ${night.kills} kills, ${night.wrong.length} acts by the wrong code, ${night.actedTwice} done twice; listed as stranded: ${listed}, ${night.strandedAfter.length} at the end`
    return { summary, ok: faults.length === 0 }
  })
}
