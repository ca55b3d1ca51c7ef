import { manyFollowers } from '../live/many-followers.js'
import { withDatabase } from './with-database.js'

export const name = 'sse'
export const about = '500 SSE clients, 50 on the whole ledger and 450 on one run each, while 200 steps/s are written'

const seconds = Number(process.env.MIDWATCH_SSE_SECONDS ?? 30)
const PLAN = { onLedger: 50, onRuns: 450, stepsPerSecond: 200, seconds }

export async function run(): Promise<{ summary: string; ok: boolean }> {
  const { wrong, ...told } = await withDatabase(() => manyFollowers(PLAN))
  const { entries, events, steps, lateCommits, returns, stuckReturns, wroteMs, tookMs } = told
  const rate = (steps * 1_000) / wroteMs
  const worked = `${PLAN.onLedger} + ${PLAN.onRuns} clients, ${steps} steps at ${rate.toFixed(0)} a second (${PLAN.stepsPerSecond} asked), heard by all after ${(tookMs / 1_000).toFixed(0)} s, ${entries} entries, ${events} events, ${lateCommits} late commits, ${returns} returns (${stuckReturns} of the one that takes nothing)`
  const summary =
    wrong.length === 0 ? `${worked}; missed 0, repeated 0` : `${worked}\n  ${wrong.slice(0, 10).join('\n  ')}`
  return {
    summary,
    ok: wrong.length === 0 && lateCommits > 0 && stuckReturns > 0 && rate >= PLAN.stepsPerSecond * 0.98,
  }
}
