import { describe, expect, it } from 'vitest'
import type { DriftPoint } from '../../core/drift.js'
import { DAY_MS, WEEK_MS } from './calendar.js'
import { scorePoints } from './days.js'
import { type RunCame, tallyOf } from './run-tally.js'
import { seriesOf } from './series.js'
import { together } from './tally.js'

const MONDAY = Date.UTC(2026, 0, 5)
const run = (more: Partial<RunCame> = {}): RunCame => ({
  ...{ outcome: 'completed', owner: null, isContinued: false, tokens: 100, reasoningTokens: 10, usdMicros: 2_000 },
  ...{ activeMs: 500, latencyMs: 1_000, steps: 4, attempts: 5, refusals: 0, escalations: 0, signals: {} },
  ...{ contextSlope: null, isErased: false },
  ...more,
})
const point = (day: number, version: number, runs: readonly RunCame[], agent = 'desk'): DriftPoint => ({
  ...{ agent, version, span: 'day', at: MONDAY + day * DAY_MS },
  tally: together(runs.map(tallyOf)),
})

describe('weekly series', () => {
  it('put a week’s days together, per completed run what such runs used, and all that was spent', () => {
    const failed = run({ outcome: 'failed', owner: 'tool', tokens: 900, usdMicros: 9_000, refusals: 2 })
    const signalled = run({ tokens: 300, latencyMs: 4_000, signals: { same_call: 2 }, contextSlope: 50 })
    const { weeks } = seriesOf('desk', [point(0, 1, [run(), failed]), point(6, 1, [signalled])], [], MONDAY + WEEK_MS)
    expect(weeks).toHaveLength(1)
    expect(weeks[0]).toMatchObject({
      ...{ week: MONDAY, version: null, runs: 3, completed: 2, outcomes: { completed: 2, failed: 1 } },
      ...{ tokens: 200, reasoningTokens: 10, usdMicros: 2_000, spentUsdMicros: 13_000, attemptsPerStep: 1.25 },
      ...{ contextSlope: 50, refusals: 2, signals: { same_call: 2 }, owners: { tool: 1 }, erased: 0 },
    })
    expect(weeks[0]?.latencyMs.p50 ?? 0).toBeCloseTo(1_000, -2)
    expect(weeks[0]?.latencyMs.p95 ?? 0).toBeLessThan(1_100)
  })

  it('have the means of scores, which are no part of what was folded', () => {
    const good = { agent: 'desk', version: 1, name: 'good', at: MONDAY, count: 4, sum: 3, sumSquares: 2.5 }
    const points = [point(0, 1, [run()]), ...scorePoints([good, { ...good, at: MONDAY + DAY_MS, sum: 1 }])]
    const { weeks } = seriesOf('desk', points, [], MONDAY + WEEK_MS)
    expect(weeks[0]).toMatchObject({ runs: 1, scores: { good: 0.5 } })
  })

  it('are told of all versions together and of each', () => {
    const points = [point(1, 1, [run()]), point(2, 2, [run({ tokens: 500 })]), point(8, 2, [run()])]
    const releases = [2, 1].map((version) => ({ agent: 'desk', version, at: MONDAY + version }))
    const found = seriesOf('desk', [...points, point(1, 1, [run()], 'other')], releases, MONDAY + 2 * WEEK_MS)
    expect(found.weeks.map(({ week, runs, tokens }) => [week, runs, tokens])).toEqual([
      [MONDAY, 2, 300],
      [MONDAY + WEEK_MS, 1, 100],
    ])
    expect(found.versions.map(({ version, weeks }) => [version, weeks.map(({ runs }) => runs)])).toEqual([
      [1, [1]],
      [2, [1, 1]],
    ])
    expect(found.releases.map(({ version }) => version)).toEqual([1, 2])
  })

  it('count a continuation’s use, but not its end, and nothing of the agent in what was killed', () => {
    const { weeks } = seriesOf(
      'desk',
      [point(0, 1, [run({ isContinued: true }), run({ outcome: 'killed' })])],
      [],
      MONDAY + WEEK_MS,
    )
    expect(weeks[0]).toMatchObject({
      runs: 1,
      completed: 0,
      tokens: null,
      spentUsdMicros: 4_000,
      attemptsPerStep: 1.25,
    })
  })

  it('know how many runs were under way, in a week that is not over too', () => {
    const day = [run({ latencyMs: DAY_MS }), run({ latencyMs: DAY_MS })]
    expect(seriesOf('desk', [point(0, 1, day)], [], MONDAY + DAY_MS).weeks[0]?.underWay).toBe(2)
    expect(seriesOf('desk', [point(0, 1, day)], [], MONDAY + WEEK_MS).weeks[0]?.underWay).toBeCloseTo(2 / 7)
  })

  it('tell how tokens go with load, day by day', () => {
    const busy = Array.from({ length: 12 }, (_, day) =>
      point(
        day,
        1,
        Array.from({ length: 1 + (day % 4) }, () => run({ tokens: 100 + 10 * (day % 4) })),
      ),
    )
    expect(seriesOf('desk', busy, [], MONDAY + 2 * WEEK_MS).tokensAgainstLoad).toBeCloseTo(1)
    expect(seriesOf('desk', busy.slice(0, 9), [], MONDAY + 2 * WEEK_MS).tokensAgainstLoad).toBeNull()
  })
})
