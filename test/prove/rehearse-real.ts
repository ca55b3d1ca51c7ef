import { fileURLToPath } from 'node:url'
import type { Strike } from '../../src/rehearse/fault.js'
import { harbourNight } from '../../src/rehearse/real/harbour-night.fixture.js'
import { RealHouse } from '../../src/rehearse/real/play-real.js'
import type { SiteKey } from '../../src/rehearse/site.js'
import type { Verdict } from '../../src/rehearse/verdict.js'
import { withDatabase } from './with-database.js'

export const name = 'rehearse-real'
export const about =
  'rehearsal over real processes: a SIGKILL at each kind of place, SIGSTOP past the lease, lost answers, seeds'

const FILE = fileURLToPath(new URL('../../src/rehearse/real/harbour-night.fixture.ts', import.meta.url))
const SEEDS = Number(process.env.MIDWATCH_REAL_SEEDS ?? 10)
const AT_ONCE = 2
/** Places at which a worker does nothing that is any run's. */
const IDLE = /:(heartbeat|ceilings|switches|register|workers|sweepSwitched)$/

interface Case {
  readonly story: string
  readonly seed: number
  readonly strikes: readonly Strike[] | null
}

/** At every site that a calm play passes: its first visit, and one in the middle. */
function crashes(story: string, visits: Verdict['visits']): Case[] {
  const places = (Object.entries(visits) as [SiteKey, number][]).filter(
    ([site]) => /^(call|answer|point):/.test(site) && !IDLE.test(site),
  )
  return places.flatMap(([site, times]) =>
    [...new Set([1, Math.ceil(times / 2)])].flatMap((nth): Case[] => {
      const place = `${site}#${nth}` as const
      const faults = [
        'crash',
        ...(nth === 1 ? ['stall'] : []),
        ...(site.startsWith('answer:') ? ['answer_lost'] : []),
      ] as const
      return faults.map((fault) => ({ story, seed: 1, strikes: [{ fault: fault as Strike['fault'], place }] }))
    }),
  )
}

/** Set MIDWATCH_REAL_SEEDS for other numbers of seeds of each story. */
export function run(): Promise<{ summary: string; ok: boolean }> {
  return withDatabase(async () => {
    const house = await RealHouse.open({ databaseUrl: process.env.MIDWATCH_TEST_URL ?? '' })
    try {
      return await through(house)
    } finally {
      await house.close()
    }
  })
}

async function through(house: RealHouse): Promise<{ summary: string; ok: boolean }> {
  const play = (one: Case) => house.play(harbourNight, one, { file: FILE })
  const cases: Case[] = []
  for (const story of ['pilot', 'evening']) {
    cases.push(...crashes(story, (await play({ story, seed: 1, strikes: [] })).visits))
  }
  for (const story of ['pilot', 'evening', 'both']) {
    for (let seed = 1; seed <= SEEDS; seed += 1) cases.push({ story, seed, strikes: null })
  }
  const sums = { played: 0, struck: 0, bitten: 0, acts: 0, duplicates: 0, stuck: 0 }
  let wrong = 0
  const left = [...cases]
  const lane = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const verdict = await play(next)
      sums.played += 1
      sums.struck += verdict.struck.length
      sums.bitten += verdict.bitten.length
      sums.acts += verdict.acts
      sums.duplicates += verdict.duplicates
      sums.stuck += verdict.stuck
      if (!verdict.ok) {
        wrong += 1
        const broken = [...verdict.broken, ...verdict.violations.map(({ what }) => what)]
        console.log(`   ${JSON.stringify(next)}: ${broken.join(' ')}`)
      }
      if (sums.played % 20 === 0) console.log(`   ${sums.played} of ${cases.length} cases`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  const { played, struck, bitten, acts, duplicates, stuck } = sums
  const summary = `${played} cases, ${struck} faults of which ${bitten} bit, ${acts} acts, ${duplicates} done twice, ${stuck} stuck, ${wrong} cases wrong`
  return { summary, ok: wrong === 0 && duplicates === 0 && stuck === 0 && bitten > 0 }
}
