import { type HoldNight, holdNight, WRITES } from '../kill/hold-night.js'
import { describe, type KillNight, killNight } from '../kill/night.js'
import { withDatabase } from './with-database.js'

export const name = 'kill'
export const about =
  'fleet kills with 200 runs in flight over two workers, with a stopped worker and a deaf client; holds and releases'

const TIMES = 10
const RUNS = 200
const HOLDS = 40

export function run(): Promise<{ summary: string; ok: boolean }> {
  return withDatabase(async () => {
    const nights: KillNight[] = []
    for (let i = 0; i < TIMES; i += 1) {
      const night = await killNight(RUNS, { deaf: i % 2 === 1 })
      console.log(`  ${describe(night)}`)
      nights.push(night)
    }
    const held = await holdNight(RUNS, HOLDS)
    const summary = `${summaryOf(nights)}; ${HOLDS} holds and releases: ${held.completed} of ${RUNS} runs completed, ${held.doneTwice} writes done twice`
    return { summary, ok: nights.every(isClean) && isWhole(held) }
  })
}

function isClean(night: KillNight): boolean {
  const { intentsAfter, leftOpen, violations, outcomes } = night
  return intentsAfter === 0 && leftOpen === 0 && violations.length === 0 && Object.keys(outcomes).join() === 'killed'
}

function isWhole({ completed, doneOnce, doneTwice, violations }: HoldNight): boolean {
  return completed === RUNS && doneOnce === RUNS * WRITES && doneTwice === 0 && violations.length === 0
}

function summaryOf(nights: readonly KillNight[]): string {
  const waits = nights.map((night) => night.engagedMs).sort((a, b) => a - b)
  const aborts = nights.map((night) => night.lastAbortMs).sort((a, b) => a - b)
  const sum = (of: 'intentsAfter' | 'aborted' | 'terminated') => nights.reduce((all, night) => all + night[of], 0)
  const span = (ms: readonly number[]) => `${ms[0]?.toFixed(0)} to ${ms.at(-1)?.toFixed(0)} ms`
  return `${nights.length} kills of ${RUNS} runs: ${sum('intentsAfter')} intents after, ${sum('aborted')} calls aborted, the last ${span(aborts)} after its kill; a kill took ${span(waits)}, ${sum('terminated')} deaf backends ended`
}
