import { crashCases } from '../crash/night.js'
import { playAll, summaryOf } from '../crash/parade.js'
import { withDatabase } from './with-database.js'

export const name = 'crash'
export const about = 'SIGKILL at each failpoint × effect class × 25 seeds, then SIGSTOP past the lease and SIGCONT'

const SEEDS = Array.from({ length: Number(process.env.MIDWATCH_CRASH_SEEDS ?? 25) }, (_, i) => i + 1)
const AT_ONCE = 4

export function run(): Promise<{ summary: string; ok: boolean }> {
  return withDatabase(async () => {
    const killed = summaryOf(await playAll(crashCases(SEEDS), AT_ONCE, progress('killed')))
    // A tool in its own process that neither checks the fence nor is isolated may still act within its bound: those stop first.
    const stops = crashCases(SEEDS.slice(0, 5), 'SIGSTOP').filter((c) => c.failpoint !== 'claiming')
    const stopped = summaryOf(await playAll(stops, AT_ONCE, progress('stopped')))
    return { summary: `\n  killed: ${killed.summary}\n  stopped: ${stopped.summary}`, ok: killed.ok && stopped.ok }
  })
}

function progress(what: string): (done: number) => void {
  const begun = performance.now()
  return (done) => {
    if (done % 50 === 0)
      console.log(`  ${done} ${what}, ${((performance.now() - begun) / 1000 / done).toFixed(2)} s each`)
  }
}
