import { duplicates } from '../../examples/refund-desk/report/count.js'
import { restateBinary } from '../../examples/restate/server/binary.js'
import { installRestate } from '../../scripts/setup/peers.js'
import { crowd, judgedNight, stock } from '../host/restate-night.js'
import { withDatabase } from './with-database.js'

export const name = 'restate'
export const about =
  'the desk under Restate: 160 sessions, SIGKILL of its server every 20 payment requests, of the service in every sixteenth session'

const SESSIONS = 160
const AT_ONCE = 16
const SERVER_DIES_EVERY = 20

export async function run(): Promise<{ summary: string; ok: boolean }> {
  await installRestate()
  const binary = restateBinary()
  if (binary === null) return { summary: 'no Restate server for this platform, or none could be installed', ok: false }
  const serverDiesAt = Array.from({ length: SESSIONS }, (_, n) => (n + 1) * SERVER_DIES_EVERY)
  const prepare = (shopUrl: string) => stock(shopUrl, SESSIONS)
  const night = { binary, seed: 7, cases: crowd(SESSIONS), atOnce: AT_ONCE, serverDiesAt, prepare }
  const { ended, facts, kills, violations } = await withDatabase(() => judgedNight(night))
  for (const line of violations.slice(0, 20)) console.log(`  ${line}`)
  const completed = ended.filter(({ status }) => status === 'completed').length
  const refunds = facts.filter(({ deed }) => deed === 'refund').length
  const twice = duplicates(facts)
  const summary = `${completed} of ${SESSIONS} sessions completed, ${refunds} refunds, done twice: ${twice}; SIGKILL: server ${kills.server} ×, service ${kills.service} ×; invariants violated: ${violations.length}`
  const died = kills.server >= 5 && kills.service >= 5
  return {
    summary,
    ok: died && completed === SESSIONS && refunds === SESSIONS && twice === 0 && violations.length === 0,
  }
}
