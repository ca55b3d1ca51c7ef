import { FAILPOINTS } from '../../src/orchestrator/engine.js'
import { type Death, NOT_REACHED, windDownNight } from '../wind-down/night.js'
import { withDatabase } from './with-database.js'

export const name = 'wind-down'
export const about =
  'Kills the worker at every failpoint of a wind-down: each effect is taken back once, the newest first.'

/** A worker parks and claims before the plan of a wind-down is written, and after its last step. */
const WITHIN = FAILPOINTS.filter((one) => one !== 'parked' && one !== 'claiming')
const AT_ONCE = 6

export function run(): Promise<{ summary: string; ok: boolean }> {
  return withDatabase(night)
}

/** A death that does not come about (the run is over before) shows nothing, and is no fault. */
async function night(): Promise<{ summary: string; ok: boolean }> {
  const deaths: Death[] = WITHIN.flatMap((failpoint) => [1, 2, 3].map((hit) => ({ failpoint, hit })))
  const told: string[] = []
  for (let from = 0; from < deaths.length; from += AT_ONCE)
    told.push(...(await windDownNight(deaths.slice(from, from + AT_ONCE))))
  const wrong = told.filter((one) => !one.endsWith(NOT_REACHED))
  const bit = deaths.length - (told.length - wrong.length)
  const summary = [`${deaths.length} deaths, ${bit} bit, wrong: ${wrong.length}`, ...wrong].join('\n')
  return { summary, ok: wrong.length === 0 && bit > deaths.length / 2 }
}
