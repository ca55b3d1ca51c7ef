import { acrossAsynchronous, acrossRestartsAndRestore, acrossSynchronous, type Plan } from '../failover/faults.js'
import type { Judged } from '../failover/night.js'
import { Server } from '../failover/server.js'
import { withDatabase } from './with-database.js'

export const name = 'failover'
export const about =
  'PostgreSQL restarted, promoted and restored under two worker processes, with synchronous and asynchronous replication'

const ROUNDS = Number(process.env.MIDWATCH_ROUNDS ?? 5)
const SEED = Number(process.env.MIDWATCH_SEED ?? Math.trunc(Math.random() * 1e6))

/** When it strikes differs from round to round, by the seed. */
function planOf(round: number): Plan {
  const chance = ((SEED * 31 + round * 7919) % 97) / 97
  return { runs: 4 + ((SEED + round) % 5), strike: 0.1 + chance / 2 }
}

export function run(): Promise<{ summary: string; ok: boolean }> {
  return withDatabase(async () => {
    const pattern = await Server.made()
    const lines: string[] = []
    try {
      const sync = await all((plan) => acrossSynchronous(pattern, plan))
      const lost = sync.reduce((sum, one) => sum + one.lost, 0)
      lines.push(`synchronous standby promoted: ${told(sync)}, ${lost} granted writes lost`)
      const behind = await all((plan) => acrossAsynchronous(pattern, plan))
      const restored = await all((plan) => acrossRestartsAndRestore(pattern, plan))
      for (const [what, nights] of [
        ['lagging standby promoted', behind],
        ['restarted twice, then restored', restored],
      ] as const) {
        const kept = nights.reduce((sum, one) => sum + one.kept, 0)
        const stopped = nights.filter(({ stop }) => stop.claims === 0 && stop.looked === 4).length
        lines.push(
          `${what}: ${told(nights)}, claims stopped in ${stopped} of ${nights.length}, ${kept} lost writes put in doubt`,
        )
      }
      const wrong = [...sync, ...behind, ...restored].flatMap(({ judged }) => judged.wrong)
      const isStopped = [...behind, ...restored].every(
        ({ stop, kept }) => stop.claims === 0 && stop.looked === 4 && kept > 0,
      )
      lines.push(
        `seed ${SEED}, ${ROUNDS} rounds each; duplicates, losses and violations: ${wrong.length}`,
        ...wrong.slice(0, 20),
      )
      return { summary: lines.map((line) => `\n  ${line}`).join(''), ok: wrong.length === 0 && lost === 0 && isStopped }
    } finally {
      await pattern.remove()
    }
  })
}

async function all<T>(night: (plan: Plan) => Promise<T>): Promise<T[]> {
  const over: T[] = []
  for (let round = 0; round < ROUNDS; round += 1) over.push(await night(planOf(round)))
  return over
}

function told(nights: readonly { readonly judged: Judged }[]): string {
  const [requests, acts] = (['requests', 'acts'] as const).map((what) =>
    nights.reduce((sum, { judged }) => sum + judged[what], 0),
  )
  return `${requests} runs, ${acts} acts`
}
