import { storm } from '../sessions/storm.js'
import { withDatabase } from './with-database.js'

export const name = 'sessions'
export const about =
  '100 sessions × 50 messages, each sent twice or more and shuffled, by 4 senders to 2 workers that are killed'

const seed = Number(process.env.MIDWATCH_SESSIONS_SEED ?? 1)
const PLAN = { seed, sessions: 100, messages: 50, senders: 4, workers: 2, killEveryMs: 3_000, withinMs: 1_800_000 }

export async function run(): Promise<{ summary: string; ok: boolean }> {
  const { deliveries, kills, tookMs, wrong } = await withDatabase(() => storm(PLAN))
  const worked = `seed ${seed}: ${PLAN.sessions * PLAN.messages} messages, ${deliveries} deliveries, ${kills} workers killed, ${(tookMs / 1_000).toFixed(0)} s`
  const summary =
    wrong.length === 0
      ? `${worked}; each worked once, in order, states as the reference`
      : `${worked}\n  ${wrong.slice(0, 10).join('\n  ')}`
  return { summary, ok: wrong.length === 0 && kills > 0 }
}
