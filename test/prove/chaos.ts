import { chaos } from '../chaos/chaos.js'
import { describe, faultsOf } from '../chaos/told.js'

export const name = 'chaos'
export const about =
  'ten minutes (MIDWATCH_CHAOS_SECONDS) of 500 sessions on 4 workers that are killed and stopped, and a database that is restarted'

const seconds = Number(process.env.MIDWATCH_CHAOS_SECONDS ?? 600)
const seed = Number(process.env.MIDWATCH_CHAOS_SEED ?? 1)
/** A message a session in so many seconds. */
const A_MESSAGE_S = 50

export async function run(): Promise<{ summary: string; ok: boolean }> {
  const messages = Math.max(2, Math.round(seconds / A_MESSAGE_S))
  console.log(`  seed ${seed} (MIDWATCH_CHAOS_SEED strikes the same workers at the same times again)`)
  const plan = { seed, seconds, sessions: 500, messages, workers: 4 }
  const one = await chaos(plan, (line) => console.log(`  ${line}`))
  const faults = faultsOf(one)
  const summary = `seed ${seed}: ${describe(one)}${faults
    .slice(0, 20)
    .map((fault) => `\n  ${fault}`)
    .join('')}`
  const { completed = 0 } = one.outcomes
  const hasBitten = one.struck.SIGKILL > 0 && one.struck.SIGSTOP > 0 && one.restarts === 2 && one.takenOver > 0
  const isWorked = completed > 0.9 * one.runs
  return { summary, ok: faults.length === 0 && hasBitten && isWorked && one.accepted === plan.sessions * messages }
}
