import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { flow } from '../orchestrator/flow.js'
import { tool } from '../tools/tool.js'
import { scenario } from './define.js'
import { FAULTS, type FaultName } from './fault.js'
import { type Harbour, night, standIns } from './harbour.fixture.js'
import { play, visitsOf } from './play.js'
import type { ScenarioOptions } from './scenario.js'
import { type Place, siteOf } from './site.js'

const harbour = scenario(night)

/** Every place of a calm night at which a fault can strike. */
async function placesFor(fault: FaultName, story: string): Promise<Place[]> {
  const visits = Object.entries(await visitsOf(harbour, story))
  return visits.flatMap(([key, count]) =>
    Array.from({ length: count }, (_, n) => `${key}#${n + 1}` as Place).filter((place) =>
      (FAULTS[fault].at as readonly string[]).includes(siteOf(place).site.kind),
    ),
  )
}

/** Plays one fault at each of its places, and says where something was not as it must be. */
async function enumerated(fault: FaultName, story: string): Promise<number> {
  const places = await placesFor(fault, story)
  for (const place of places) {
    const { violations, broken, runs, duplicates } = await play(harbour, {
      story,
      seed: 1,
      strikes: [{ fault, place }],
    })
    // A gun that was not fired, as a person found, fails the flow that asked for it; nothing else may.
    const ends = runs.filter(({ status, detail }) => status !== 'completed' && detail !== 'did_not_happen')
    expect({ place, violations, broken, duplicates, ends }).toEqual({
      ...{ place, violations: [], broken: [], duplicates: 0, ends: [] },
    })
  }
  return places.length
}

it('leaves all invariants whole wherever an agent is crashed', { timeout: 120_000 }, async () => {
  expect(await enumerated('crash', 'pilot')).toBeGreaterThan(120)
})

it.each(['stall', 'answer_lost', 'commit_delayed', 'ledger_away'] as const)(
  'leaves all invariants whole wherever %s strikes a flow',
  { timeout: 120_000 },
  async (fault) => {
    expect(await enumerated(fault, 'evening')).toBeGreaterThan(30)
  },
)

it('holds on nights of every weather', { timeout: 120_000 }, async () => {
  const shapes = new Set<string>()
  let struck = 0
  for (let seed = 1; seed <= 60; seed += 1) {
    const verdict = await play(harbour, { story: 'both', seed, strikes: null })
    expect({ seed, violations: verdict.violations, broken: verdict.broken }).toEqual({
      seed,
      violations: [],
      broken: [],
    })
    struck += verdict.struck.length
    shapes.add(verdict.shape)
  }
  expect(struck).toBeGreaterThan(100)
  expect(shapes.size).toBeGreaterThan(30)
})

it('gives the same verdict for the same case, and another for another seed', async () => {
  const digests: string[] = []
  for (const seed of [7, 8, 7]) digests.push((await play(harbour, { story: 'both', seed, strikes: null })).digest)
  expect(digests[0]).toBe(digests[2])
  expect(digests[0]).not.toBe(digests[1])
})

it('plays the faults of a night again from their places', async () => {
  for (const seed of [11, 12, 13]) {
    const night = await play(harbour, { story: 'pilot', seed, strikes: null })
    const again = await play(harbour, { story: 'pilot', seed, strikes: night.struck })
    expect([again.struck, again.runs]).toEqual([night.struck, night.runs])
  }
})

/** A harbour whose berths are given under a check that lies. */
const lying: ScenarioOptions<Harbour> = {
  ...night,
  tools: (world, stage) => {
    const all = standIns(world, stage.sleep)
    const berth = all.berth
    return berth ? { ...all, berth: { ...berth, check: async () => ({ did: 'not_happen' as const }) } } : all
  },
}

it('catches a tool whose check lies', async () => {
  const strikes = [{ fault: 'tool_timeout_after', place: 'tool:berth#1' }] as const
  const { ok, broken, duplicates } = await play(scenario(lying), { story: 'pilot', seed: 1, strikes })
  expect([ok, duplicates]).toEqual([false, 1])
  expect(broken).toEqual([expect.stringMatching(/^berth acted more than once/)])
})

it('asks a person, and acts no second time, where a crash hides whether a gun was fired', async () => {
  const strikes = [{ fault: 'tool_timeout_after', place: 'tool:salute#1' }] as const
  const { ok, acts, runs } = await play(harbour, { story: 'pilot', seed: 1, strikes })
  expect([ok, acts, runs[0]?.status]).toEqual([true, 3, 'completed'])
})

it('walks through days at the price of hours', async () => {
  const long = flow({
    name: 'long',
    version: 1,
    input: z.object({}),
    run: async (ctx) => {
      for (let days = 0; days < 5; days += 1) await ctx.sleep('4h')
      return 'done'
    },
  })
  const one = scenario({ name: 'long', run: [long], stories: [{ name: 'a', messages: [{ input: {} }] }] })
  const { runs, virtualMs, visits } = await play(one, { story: 'a', seed: 1, strikes: [] })
  expect(runs[0]?.status).toBe('completed')
  expect(virtualMs).toBeGreaterThanOrEqual(20 * 3_600_000)
  expect(Object.values(visits).reduce((sum, n) => sum + n, 0)).toBeLessThan(300)
})

it('gives the code of tools and worlds the time and the dice of the case', async () => {
  const seen: number[] = []
  const clockwork = tool({
    name: 'clockwork',
    description: 'Tells the time.',
    input: z.object({}),
    effect: 'read',
    execute: async () => {
      const before = Date.now()
      await new Promise((done) => setTimeout(done, 3_000))
      seen.push(before, Date.now() - before, Math.random())
      return null
    },
  })
  const f = flow({ name: 'f', version: 1, input: z.object({}), run: (ctx) => ctx.tool(clockwork, {}) })
  const stories = [{ name: 'a', messages: [{ input: {} }] }] as const
  const one = scenario({ name: 'f', run: [f], stories, world: () => seen.push(Date.now()) })
  const from = performance.now()
  for (let n = 0; n < 2; n += 1) expect((await play(one, { story: 'a', seed: 5, strikes: [] })).ok).toBe(true)
  expect(performance.now() - from).toBeLessThan(2_500)
  expect(seen.slice(0, 4)).toEqual(seen.slice(4))
  expect(seen[2]).toBeGreaterThanOrEqual(3_000)
  expect(Math.abs((seen[1] ?? 0) - Date.now())).toBeGreaterThan(1_000)
})

it('ends no run before its deadline though wall clocks jump an hour', async () => {
  const nap = flow({
    name: 'nap',
    version: 1,
    input: z.object({}),
    ceilings: { run: { deadline: '20m' } },
    run: async (ctx) => {
      for (let n = 0; n < 2; n += 1) await ctx.sleep('2s')
      return 'rested'
    },
  })
  const one = scenario({ name: 'nap', run: [nap], stories: [{ name: 'a', messages: [{ input: {} }] }] })
  for (const [key, count] of Object.entries(await visitsOf(one, 'a'))) {
    if (!key.startsWith('call:')) continue
    for (let n = 1; n <= count; n += 1) {
      const strikes = [{ fault: 'clock_skew', place: `${key}#${n}` as Place }] as const
      const { runs, virtualMs } = await play(one, { story: 'a', seed: 1, strikes })
      expect([key, n, runs[0]?.status, virtualMs < 20_000]).toEqual([key, n, 'completed', true])
    }
  }
})

it('keeps nothing of the cases that it has played', { timeout: 120_000 }, async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const heapAfter = async (from: number, to: number): Promise<number> => {
    for (let seed = from; seed < to; seed += 1) await play(harbour, { story: 'evening', seed, strikes: null })
    for (let n = 0; n < 4; n += 1) {
      await new Promise((done) => setTimeout(done, 10))
      collect()
    }
    return process.memoryUsage().heapUsed
  }
  const before = await heapAfter(1, 60)
  // A case that is kept holds some 500 kB.
  expect((await heapAfter(60, 200)) - before).toBeLessThan(3_000_000)
})
