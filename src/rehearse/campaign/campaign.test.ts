import { describe, expect, it } from 'vitest'
import { FAULT_NAMES, FAULTS } from '../fault.js'
import { type CampaignOptions, campaign } from './campaign.js'
import type { Play } from './case.js'
import { calmVisits, fakeScenario, play, playNaive } from './fake-plays.fixture.js'
import { ratesFor } from './rates.js'
import { SoloCrew } from './solo-crew.js'
import { readFaults, showStrike } from './strike-text.js'
import { countPlaces, strikesAt } from './visits.js'

const OPTIONS: CampaignOptions = {
  mode: 'both',
  seed: 1,
  cases: 400,
  pairs: 400,
  forMs: Number.POSITIVE_INFINITY,
  faults: FAULT_NAMES,
  naive: false,
}

/** Plays a campaign of one scenario, stopped at so many plays, and keeps what was played. */
async function results(over: Partial<CampaignOptions> = {}, stopAt = Number.POSITIVE_INFINITY) {
  const stop = new AbortController()
  const scenario = fakeScenario()
  const options = { ...OPTIONS, ...over }
  const played: Parameters<Play>[1][] = []
  const kept: Play = (of, id) => {
    if (played.push(id) === stopAt) stop.abort()
    return play(of, id)
  }
  const rates = ratesFor(options.faults)
  const crew = new SoloCrew([scenario], {
    play: kept,
    ...(options.naive && { naive: playNaive }),
    ...(rates && { rates }),
  })
  const [result] = await campaign([scenario], crew, options, { stop: stop.signal })
  if (!result) throw new Error('A campaign of one scenario has one result.')
  return { ...result, played }
}

const breaksIn = ({ breaks }: Awaited<ReturnType<typeof results>>) =>
  Object.fromEntries(breaks.map((one) => [one.thing.row, (one.case.strikes ?? []).map(showStrike)]))

describe('a campaign', () => {
  it('finds what is planted and shrinks it to what it takes', async () => {
    const result = await results()
    expect(breaksIn(result)).toEqual({
      I3: ['answer_lost@answer:claim#1', 'crash@point:after_effect#2'],
      I6: ['stall@call:apply begin#3'],
      expectations: ['tool_cut@tool:refund#1'],
    })
    expect(result.breaks.find(({ thing }) => thing.row === 'I3')).toMatchObject({ case: { story: 'ask' }, again: true })
  })

  it('finds the same again, and other things by another seed', async () => {
    const [one, again, other] = [await results(), await results(), await results({ seed: 2 })]
    expect([again.digest, breaksIn(again), again.tally]).toEqual([one.digest, breaksIn(one), one.tally])
    expect(other.digest).not.toBe(one.digest)
  })

  it('begins nothing more once it is stopped, and gives what it knows', async () => {
    const { played, tally, enumerated, explored } = await results({}, 3)
    expect(played.length).toBeLessThan(300)
    expect(tally.sums.cases).toBeGreaterThanOrEqual(3)
    expect(enumerated?.pairs.done).toBe(0)
    expect(explored?.cases).toBe(0)
  })

  it('plays only the faults that are asked for', async () => {
    const { played, tally } = await results({ faults: readFaults('tools') })
    const struck = played.flatMap(({ strikes }) => strikes ?? [])
    expect(new Set(struck.map(({ fault }) => FAULTS[fault].layer))).toEqual(new Set(['tools']))
    expect(Object.keys(tally.columns).sort()).toEqual(['calm', 'tools'])
  })

  it('plays the naive twin of each counted case', async () => {
    const { naive, tally } = await results({ naive: true, cases: 50, pairs: 5 })
    expect(naive?.sums.cases).toBe(tally.sums.cases)
    expect(naive?.sums.duplicates).toBeGreaterThan(tally.sums.duplicates)
  })
})

describe('enumerating', () => {
  const singles = [2, 1].reduce((sum, messages) => sum + strikesAt(calmVisits(messages), FAULT_NAMES).length, 0)

  it('plays each fault at each place of the calm plays once, workers dying first', async () => {
    const { enumerated, played } = await results({ mode: 'enumerate', pairs: 0, cases: Number.MAX_SAFE_INTEGER })
    expect(enumerated?.singles).toMatchObject({ possible: singles, done: singles })
    const alone = played.flatMap(({ story, strikes }) =>
      strikes?.length === 1 ? [`${story} ${strikes.map(showStrike)}`] : [],
    )
    expect(alone.slice(0, 5).every((one) => one.startsWith('pay crash@'))).toBe(true)
    expect(new Set(alone).size).toBeGreaterThanOrEqual(singles)
  })

  it('counts what could not strike apart, and pairs only what can', async () => {
    const { enumerated, played } = await results({ mode: 'enumerate', pairs: 30 })
    // The fixture's clocks cannot be set.
    expect(enumerated?.singles.idle).toBe(9)
    const pairs = played.filter(({ strikes }) => strikes?.length === 2).flatMap(({ strikes }) => strikes ?? [])
    expect(pairs.some(({ fault }) => fault === 'clock_skew')).toBe(false)
  })

  it('covers every place, those in recovery with the pairs', async () => {
    const all = await results({ mode: 'enumerate', pairs: Number.MAX_SAFE_INTEGER, cases: Number.MAX_SAFE_INTEGER })
    const sum = (of: 'calm' | 'later', what: 'known' | 'struck') =>
      all.coverage.reduce((total, one) => total + one[of][what], 0)
    const calm = countPlaces(calmVisits(2)) + countPlaces(calmVisits(1))
    expect([sum('calm', 'known'), sum('calm', 'struck')]).toEqual([calm, calm])
    // Three sites in each story: the first visit takes one crash, the second takes two, and a third strike to be struck.
    expect([sum('later', 'known'), sum('later', 'struck')]).toEqual([12, 6])
    expect(all.enumerated?.pairs).toMatchObject({ done: all.enumerated?.pairs.possible })
  })

  it('keeps to its budget', async () => {
    const { tally } = await results({ mode: 'enumerate', cases: 33 })
    expect(tally.sums.cases).toBe(2 + 33)
  })
})

describe('exploring', () => {
  it('plays the seed it was given first', async () => {
    const { played } = await results({ mode: 'explore', seed: 77, cases: 1 })
    expect(played.at(-1)).toEqual({ story: 'pay', seed: 77, strikes: null })
  })

  it('goes on from what led somewhere new, and plays no case twice', async () => {
    const { explored, played } = await results({
      mode: 'explore',
      cases: 1_000,
      faults: readFaults('ledger,people,models'),
    })
    expect(explored?.cases).toBe(1_000)
    expect(explored?.mutated).toBeGreaterThan(300)
    const keys = played.map((one) => JSON.stringify(one))
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('finds more shapes of journals than seeds alone do', async () => {
    const cases = 1_500
    const { explored } = await results({ mode: 'explore', cases })
    const shapes = new Set<string>()
    for (let seed = 1; seed <= cases / 2; seed += 1) {
      for (const story of ['pay', 'ask']) {
        shapes.add(`${story}|${(await play(fakeScenario(), { story, seed, strikes: null })).shape}`)
      }
    }
    expect(explored?.shapes).toBeGreaterThan(shapes.size)
  })
})
