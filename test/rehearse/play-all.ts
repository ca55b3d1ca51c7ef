import { fileURLToPath } from 'node:url'
import { ProcessCrew } from '../../src/rehearse/campaign/process-crew.js'
import { mergeTally, newTally } from '../../src/rehearse/campaign/tally.js'
import type { Scenario } from '../../src/rehearse/scenario.js'
import type { Verdict } from '../../src/rehearse/verdict.js'

const FILES = [fileURLToPath(new URL('./outside-tasks.ts', import.meta.url))]
const PLAYS = new URL('../../src/rehearse/campaign/plays.ts', import.meta.url).href
/** Cases handed out at once, and told of. */
const BATCH = 500

/** Plays every story of a scenario of `outside-tasks.ts` under so many seeds each, in two processes, with every fault. */
export async function playAll(scenario: Scenario, seeds: number): Promise<{ summary: string; ok: boolean }> {
  const cases = Array.from({ length: seeds }, (_, seed) => seed + 1).flatMap((seed) =>
    scenario.options.stories.map(({ name: story }) => ({ scenario: scenario.name, story, seed, strikes: null })),
  )
  const crew = new ProcessCrew({ files: FILES, plays: PLAYS, naive: false }, { processes: 2 })
  const all = newTally()
  let lost = 0
  const from = performance.now()
  try {
    for (let at = 0; at < cases.length; at += BATCH) {
      const played = await crew.play(cases.slice(at, at + BATCH))
      for (const { verdict } of played.failures)
        console.log(`   ${verdict.id.case}, seed ${verdict.id.seed}: ${told(verdict)}`)
      for (const one of played.lost) console.log(`   ${one.case.story}, seed ${one.case.seed}: ${one.why}`)
      lost += played.lost.length
      mergeTally(all, played.tally)
      console.log(`   ${all.sums.cases} of ${cases.length} cases`)
    }
  } finally {
    crew.close()
  }
  const { sums, outcomes, faults } = all
  const count = (of: 'injected' | 'bitten') => Object.values(faults).reduce((sum, one) => sum + (one?.[of] ?? 0), 0)
  const perSecond = ((sums.cases * 1_000) / (performance.now() - from)).toFixed(0)
  const summary = [
    `${sums.cases} cases (${scenario.options.stories.length} tasks, ${seeds} seeds each)`,
    `${count('injected')} faults, ${count('bitten')} seen to bite`,
    `${sums.runs} runs, ${outcomes.completed ?? 0} completed, each as it must`,
    `${sums.duplicates} acts done twice, ${sums.stuck} runs stuck, ${sums.broken + lost} cases broke something`,
    `${perSecond} cases/s`,
  ].join('; ')
  return { summary, ok: sums.broken + lost === 0 && sums.duplicates === 0 && sums.cases === cases.length }
}

const told = ({ broken, violations }: Verdict) => [...broken, ...violations.map(({ what }) => what)].join(' ')
