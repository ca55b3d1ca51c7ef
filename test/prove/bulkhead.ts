// Healthy runs beside tools that hang, leak and dawdle: who is bad is cut at its bound, and nobody else waits for it.
import { once } from 'node:events'
import { forkBuilt } from '../built.js'
import { cutBadly, type Load, type Round, type Scene } from '../bulkhead/scene.js'
import { freshDatabase } from '../database.js'
import { withDatabase } from './with-database.js'

export const name = 'bulkhead'
export const about =
  '100 healthy runs, alone and beside tools that hang, leak and dawdle: p99 of a step, and when the bad were cut'

const LOAD = { runs: 100, steps: 30, rounds: 3 }
const MOST = 1.5
const BY_MS = 250

export function run(): Promise<{ summary: string; ok: boolean }> {
  return withDatabase(async () => {
    const database = await freshDatabase()
    try {
      const { rounds, violations } = await played(database.url, LOAD)
      for (const round of rounds) console.log(`  ${told(round)}`)
      const ratio = middle(rounds.map(({ aloneP99Ms, besideP99Ms }) => besideP99Ms / aloneP99Ms))
      const loop = middle(rounds.map(({ aloneP99Ms, loopP99Ms }) => loopP99Ms / aloneP99Ms))
      const cuts = rounds.flatMap((round) => round.cuts)
      const badly = cutBadly(cuts, BY_MS)
      for (const { tool, did, tookMs } of badly) console.log(`  ${tool}: ${did} after ${tookMs.toFixed(0)} ms`)
      const summary = `p99 of a healthy step ${ratio.toFixed(2)} × what it is alone (limit ${MOST}; beside a bare loop of the same priority ${loop.toFixed(2)} ×); ${cuts.length} bad calls, ${badly.length} not cut at their bound ± ${BY_MS} ms and in doubt; ${violations.length} violations`
      return { summary, ok: ratio <= MOST && cuts.length > 0 && badly.length === 0 && violations.length === 0 }
    } finally {
      await database.drop()
    }
  })
}

async function played(databaseUrl: string, load: Load): Promise<Scene> {
  const worker = await forkBuilt(new URL('../bulkhead/worker.ts', import.meta.url), [databaseUrl, JSON.stringify(load)])
  const gone = once(worker, 'exit').then(() => Promise.reject(new Error('The scene ended before it was told.')))
  const [scene] = await Promise.race([once(worker, 'message'), gone])
  return scene as Scene
}

function told({ aloneP99Ms, loopP99Ms, besideP99Ms, cuts }: Round): string {
  const [alone, loop, beside] = [aloneP99Ms, loopP99Ms, besideP99Ms].map((ms) => ms.toFixed(1))
  return `p99 alone ${alone} ms, beside a bare loop ${loop} ms, beside the bad ${beside} ms; ${cuts.length} bad calls`
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
