import { McpNight, type NightResult } from '../mcp/night.js'
import { withDatabase } from './with-database.js'

export const name = 'mcp'
export const about =
  'servers of MCP from npm under the runtime, with SIGKILL of servers and workers; changed words stop a tool'

const SEED = Number(process.argv.find((one) => one.startsWith('--seed='))?.slice(7) ?? 1)
const PER_SCENE = Number(process.env.MIDWATCH_MCP_RUNS ?? 12)
const KILLS = Number(process.env.MIDWATCH_MCP_KILLS ?? 60)

export function run(): Promise<{ summary: string; ok: boolean }> {
  return withDatabase(async () => {
    const night = await McpNight.open()
    try {
      console.log(`  seed ${SEED}`)
      const result = await night.play(PER_SCENE, KILLS, seeded(SEED))
      const changed = await night.changed()
      const isStopped =
        changed.reached === 0 && changed.rules.length > 0 && changed.rules.every((r) => r === 'mcp_changed')
      const stopped = `changed words: ${changed.rules.length} calls refused, ${changed.reached} reached a server`
      return { summary: `${describeNight(result)}; ${stopped}`, ok: isCleanNight(result) && isStopped }
    } finally {
      await night.close()
    }
  })
}

function describeNight(one: NightResult): string {
  const outcomes = Object.entries(one.outcomes).map(([outcome, count]) => `${count} ${outcome}`)
  const wrong = [...one.unfinished, ...one.twice, ...one.missing, ...one.violations].slice(0, 5)
  return (
    `${one.runs} runs (${outcomes.join(', ')}), ${one.reached} calls reached a server; ` +
    `${one.killedServers} servers and ${one.killedWorkers} workers killed, ${one.asked} doubts answered by a person; ` +
    `duplicates ${one.twice.length}, missing ${one.missing.length}, orphans ${one.orphans.length}, violations ${one.violations.length}` +
    (wrong.length > 0 ? ` (${wrong.join('; ')})` : '')
  )
}

function isCleanNight({ twice, missing, orphans, violations, outcomes }: NightResult): boolean {
  const bad = [...twice, ...missing, ...orphans, ...violations]
  return bad.length === 0 && Object.keys(outcomes).join() === 'completed'
}

/** Numbers from 0 to 1, the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}
