import { beforeAll, describe, expect, it } from 'vitest'
import { campaign, type ScenarioResult } from '../campaign/campaign.js'
import { fakeScenario, play, playNaive } from '../campaign/fake-plays.fixture.js'
import { SoloCrew } from '../campaign/solo-crew.js'
import { newTally } from '../campaign/tally.js'
import { FAULT_NAMES } from '../fault.js'
import { endsOf } from './ends.js'
import { counted, rate, share, took, whole } from './figures.js'
import { hintsOf } from './hints.js'
import { junitOf } from './junit.js'
import { pageOf } from './page.js'
import { type Report, reportOf } from './report.js'
import { scorecard } from './scorecard.js'

const NASTY = `a <script>alert('1')</script> & "b"`
let broken: Report
let results: ScenarioResult[]

const about = (files = new Map<string, string>()) =>
  ({ mode: 'both', seed: 1, stopped: false, processes: 2, tookMs: 2_000, files }) as const

beforeAll(async () => {
  const scenario = fakeScenario('fake', { pay: 2, [NASTY]: 1 })
  const crew = new SoloCrew([scenario], { play, naive: playNaive })
  const options = {
    mode: 'both',
    seed: 1,
    cases: 150,
    pairs: 400,
    forMs: 1e9,
    faults: FAULT_NAMES,
    naive: true,
  } as const
  results = await campaign([scenario], crew, options, { stop: new AbortController().signal })
  broken = reportOf(results, about())
})

/** The same without anything that broke. */
function unbroken(): Report {
  const whole = results.map((one) => {
    const sums = { ...one.tally.sums, broken: 0 }
    return { ...one, breaks: [], lost: [], tally: { ...one.tally, sums, broken: {}, things: {} } }
  })
  return reportOf(whole, about())
}

describe('a report', () => {
  it('of cases that all held says how little that proves', () => {
    const report = unbroken()
    const { cases } = report
    expect(report).toMatchObject({ ok: true, scenarios: [{ ok: true, below: 3 / cases, file: 'rehearsals/fake.ts' }] })
    expect(scorecard(report)).toContain(
      `No violation in ${whole(cases)} cases: below ${rate(3 / cases)} (3/N) at 95 %.`,
    )
    expect(pageOf(report)).toContain(`No violation in ${whole(cases)} cases`)
  })

  it('of nothing does not hold', () => {
    expect(reportOf([], about()).ok).toBe(false)
    expect(scorecard(reportOf([], about()))).toContain('Nothing was played.')
  })

  it('names each thing that broke with the command that breaks it again, in every form', () => {
    expect(broken.ok).toBe(false)
    const replays = broken.scenarios.flatMap(({ breaks }) => breaks.map(({ replay }) => replay))
    expect(replays.length).toBe(3)
    const xml = junitOf(broken)
      .replaceAll('&#39;', "'")
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&amp;', '&')
    for (const replay of replays) {
      expect(scorecard(broken)).toContain(replay)
      expect(xml).toContain(replay)
    }
  })

  it('says how runs ended, calm ones apart from the others', () => {
    const tally = { ...newTally(), outcomes: { waiting: 1, completed: 5, killed: 2 }, calmOutcomes: { completed: 4 } }
    expect(endsOf(tally)).toEqual([
      { end: 'completed', calm: 4, struck: 1 },
      { end: 'killed', calm: 0, struck: 2 },
      { end: 'waiting', calm: 0, struck: 1 },
    ])
    expect(scorecard(broken)).toMatch(/^runs ended +calm +under faults$/m)
    expect(pageOf(broken)).toContain('How runs ended')
  })

  it('says by which meter runs were exhausted', () => {
    const outcomes = { outcomes: { exhausted: 57 }, calmOutcomes: { exhausted: 1 } }
    const tally = { ...newTally(), ...outcomes, exhausted: { usd: 2, active: 55 }, calmExhausted: { usd: 1 } }
    expect(endsOf(tally)).toEqual([
      { end: 'exhausted', calm: 1, struck: 56 },
      { end: '  by active', calm: 0, struck: 55 },
      { end: '  by usd', calm: 1, struck: 1 },
    ])
  })

  it('hints at rules that the stories never brought to a no, and is silent where all of them spoke', () => {
    const rules = {
      'desk/refund': { allowed: 1_200, stopped: 0, calm: 0 },
      'desk/close': { allowed: 0, stopped: 0, calm: 0 },
      'desk/order': { allowed: 5, stopped: 3, calm: 0 },
      'desk/grant': { allowed: 5, stopped: 3, calm: 1 },
    }
    expect(hintsOf({ rules, calmEnds: {} })).toEqual([
      'rules that never said no: desk/close (no call was begun), desk/refund (1,200 calls allowed)',
      'rules that said no under faults alone: desk/order',
    ])
    expect(hintsOf({ rules: { 'desk/grant': rules['desk/grant'] }, calmEnds: {} })).toEqual([])
    expect(hintsOf({ rules: {}, calmEnds: {} })).toEqual([])
    for (const said of [scorecard(unbroken()), pageOf(unbroken())]) {
      expect(said).toContain('rules that never said no: fake/close (no call was begun)')
      expect(said).toContain('rules that said no under faults alone: fake/refund')
    }
  })

  it('hints at stories that come to nothing even where nothing goes wrong', () => {
    const calmEnds = {
      ...{ small: { handed_over: 4 }, large: { handed_over: 1, waiting: 3 } },
      ...{ 'off topic': { refused: 4 }, plain: { completed: 1, failed: 3 } },
    }
    expect(hintsOf({ rules: {}, calmEnds })).toEqual([
      'stories that neither complete nor refuse in calm cases: large (handed_over, waiting), small (handed_over)',
    ])
  })

  it('survives JSON', () => {
    expect(JSON.parse(JSON.stringify(broken))).toEqual(broken)
  })
})

describe('the page', () => {
  it('stands by itself, and lets no text become markup', () => {
    const page = pageOf(broken)
    expect(page).not.toMatch(/(src|href)=|@import|url\(|<script/)
    expect(page).toContain('&lt;script&gt;')
    expect(page.match(/<svg /g)?.length).toBeGreaterThanOrEqual(4)
  })
})

describe('JUnit XML', () => {
  it('has a test case for each promise under each layer, and counts as many failures as it has', () => {
    const xml = junitOf(broken)
    const [tests, failures] = [/tests="(\d+)"/.exec(xml)?.[1], /failures="(\d+)"/.exec(xml)?.[1]]
    expect(xml.match(/<testcase /g)?.length).toBe(Number(tests))
    expect(xml.match(/<failure /g)?.length).toBe(Number(failures))
    expect(xml).toContain('I3 at most once under faults of process')
  })

  it('tells of cases without a verdict as an error', () => {
    const lost = results.map((one) => ({
      ...one,
      lost: [{ at: 0, case: { scenario: 'fake', story: 'pay', seed: 9, strikes: null }, why: 'it hung\u0000' }],
    }))
    const report = reportOf(lost, about())
    expect(report.ok).toBe(false)
    expect(junitOf(report)).toMatch(/errors="1"[\s\S]*<error [^>]*>story pay, seed 9: it hung\ufffd<\/error>/)
    expect(scorecard(report)).toContain('LOST  1 cases came to no verdict')
  })
})

describe('figures', () => {
  it.each([
    [whole(1_234_567), '1,234,567'],
    [took(340), '340ms'],
    [took(4_240), '4.2s'],
    [took(5_400_000), '1.5h'],
    [took(null), ''],
    [share(0, 5), '0%'],
    [share(1, 5_000), '<0.1%'],
    [share(4_999, 5_000), '99.9%'],
    [share(5, 5), '100%'],
    [rate(3 / 12_345), '0.024%'],
    [counted(1, 'strike'), '1 strike'],
    [counted(2, 'process'), '2 processes'],
  ])('%s is %s', (is, expected) => {
    expect(is).toBe(expected)
  })
})
