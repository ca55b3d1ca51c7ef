import { expect } from 'vitest'
import type { DriftPoint } from '../../core/drift.js'
import { clause } from './clause.js'
import type { Scene } from './scene.js'

const DAY_MS = 86_400_000

/** A run that has ended, on the day that it ended. */
async function ended(s: Scene): Promise<{ readonly runId: string; readonly day: number }> {
  const hand = await s.held()
  await hand.must(hand.end())
  const { endedAt } = await s.run(hand.runId)
  return { runId: hand.runId, day: (endedAt ?? 0) - ((endedAt ?? 0) % DAY_MS) }
}

const pointOf = (s: Scene, day: number, tally: DriftPoint['tally'], more: Partial<DriftPoint> = {}): DriftPoint => ({
  ...{ agent: s.agent, version: 1, span: 'day', at: day, tally },
  ...more,
})
const pointsOf = (s: Scene, span: DriftPoint['span'] = 'day') =>
  s.ledger.drift.points({ agent: s.agent, span, since: 0 })

async function fold(
  s: Scene,
  run: { runId: string; day: number },
  tally: DriftPoint['tally'] = { folded: 1, runs: 1 },
) {
  return s.ledger.drift.fold({ runs: [run.runId], points: [pointOf(s, run.day, tally)], releases: [] })
}

const waits = async (s: Scene, runId: string) =>
  (await s.ledger.drift.unfolded({ limit: 100_000 })).some((run) => run.runId === runId)

export const series = [
  // Several workers fold at once, and one of them dies before it hears that it did.
  clause('an ended run is folded once, and all or none of a batch', async (s) => {
    const [one, other] = [await ended(s), await ended(s)]
    expect(await waits(s, one.runId)).toBe(true)
    expect(await fold(s, one)).toEqual({ code: 'ok' })
    expect(await fold(s, one)).toEqual({ code: 'moved' })
    const both = { runs: [one.runId, other.runId], points: [pointOf(s, one.day, { runs: 2 })], releases: [] }
    expect(await s.ledger.drift.fold(both)).toEqual({ code: 'moved' })
    expect([await waits(s, one.runId), await waits(s, other.runId)]).toEqual([false, true])
    expect((await pointsOf(s)).map(({ tally }) => tally)).toEqual([{ folded: 1, runs: 1 }])
  }),

  clause('a run that has not ended is not folded', async (s) => {
    const hand = await s.held()
    expect(await fold(s, { runId: hand.runId, day: 0 })).toEqual({ code: 'moved' })
    expect([await waits(s, hand.runId), await pointsOf(s)]).toEqual([false, []])
  }),

  clause('what is folded into one point is added by name, fractions too', async (s) => {
    const [one, other] = [await ended(s), await ended(s)]
    await fold(s, one, { runs: 1, 'tokens:one': 0.1, 'latency~7': 1 })
    await fold(s, other, { runs: 1, 'tokens:one': 0.2, 'latency~9': 1 })
    const tally = { runs: 2, 'tokens:one': 0.1 + 0.2, 'latency~7': 1, 'latency~9': 1 }
    expect(await pointsOf(s)).toEqual([pointOf(s, one.day, tally)])
  }),

  clause('points are told by agent, span and time, and hours are forgotten', async (s) => {
    const { runId, day } = await ended(s)
    const points = [
      pointOf(s, day, { runs: 1 }, { version: 2 }),
      pointOf(s, day, { runs: 1 }),
      pointOf(s, day + 3_600_000, { runs: 1 }, { span: 'hour' }),
    ]
    const releases = [
      { agent: s.agent, version: 2, at: 70 },
      { agent: s.agent, version: 1, at: 50 },
    ]
    await s.ledger.drift.fold({ runs: [runId], points, releases })
    expect((await pointsOf(s)).map(({ version }) => version)).toEqual([1, 2])
    expect(await s.ledger.drift.points({ agent: s.agent, span: 'day', since: day + 1 })).toEqual([])
    expect(await pointsOf(s, 'hour')).toHaveLength(1)
    await s.ledger.drift.forget({ until: day + 3_600_001 })
    expect([await pointsOf(s, 'hour'), (await pointsOf(s)).length]).toEqual([[], 2])
    const later = await ended(s)
    await s.ledger.drift.fold({ runs: [later.runId], points: [], releases: [{ agent: s.agent, version: 2, at: 60 }] })
    await fold(s, await ended(s))
    expect((await s.ledger.drift.releases({ agent: s.agent })).map(({ at }) => at)).toEqual([50, 60])
  }),

  // A person's thumb may come a week after the run.
  clause('scores are told by the day on which their run ended, whenever they came', async (s) => {
    const [one, other] = [await ended(s), await ended(s)]
    await s.ledger.scores.add({ runId: one.runId, name: 'good', value: 1, by: 'code' })
    await s.advance(2 * DAY_MS)
    await s.ledger.scores.add({ runId: other.runId, name: 'good', value: 0.5, by: 'person', who: 'ann' })
    const read = (since: number) => s.ledger.drift.scores({ agent: s.agent, since })
    const of = { agent: s.agent, version: 1, name: 'good' }
    expect(await read(one.day)).toEqual([{ ...of, at: one.day, count: 2, sum: 1.5, sumSquares: 1.25 }])
    expect(await read(one.day + DAY_MS)).toEqual([])
  }),

  // Retention must not lose what was counted.
  clause('a day is folded anew, unless a journal of it is gone', async (s) => {
    // Other scenes' runs of the same day would stand in the way of pruning, and be pruned with it.
    await s.advance(3 * DAY_MS)
    const [one, other] = [await ended(s), await ended(s)]
    for (const run of [one, other]) await fold(s, run)
    expect(await s.ledger.drift.refold({ day: one.day })).toEqual({ code: 'ok', runs: 2 })
    expect([await waits(s, one.runId), await waits(s, other.runId), await pointsOf(s)]).toEqual([true, true, []])
    for (const run of [one, other]) await fold(s, run)
    await s.ledger.prune({ endedBefore: (await s.ledger.now()) + 1, limit: 100_000 })
    expect(await s.ledger.drift.refold({ day: one.day })).toEqual({ code: 'pruned', runs: 0 })
    expect((await pointsOf(s))[0]?.tally).toEqual({ folded: 2, runs: 2 })
  }),

  clause('how far the series are is known, and what was pruned before it was counted', async (s) => {
    await ended(s)
    const before = await s.ledger.drift.progress()
    expect(before.waiting).toBeGreaterThan(0)
    expect(before.oldest).not.toBeNull()
    const pruned = await s.ledger.prune({ endedBefore: (await s.ledger.now()) + 1, limit: 100_000 })
    expect(pruned).toBeGreaterThan(0)
    const after = await s.ledger.drift.progress()
    // Where something is open nothing is pruned, and it is folded all the same.
    expect(before.waiting - after.waiting).toBeGreaterThan(0)
    expect(after.lost - before.lost).toBe(before.waiting - after.waiting)
  }),
]

type Trip = Parameters<Scene['ledger']['drift']['trip']>[0]
const tripOf = (s: Scene, more: Partial<Trip> = {}): Trip => ({
  ...{ agent: s.agent, wire: 'cost', act: { kind: 'hold' }, evidence: '{"found":3}', since: 0 },
  ...more,
})
const switchOf = async (s: Scene) =>
  (await s.ledger.switches()).find(({ scope, engaged }) => engaged && scope === `agent:${s.agent}`)
const ceilingOf = async (s: Scene) => (await s.ledger.ceilings()).find(({ scope }) => scope === `agent:${s.agent}`)
const ceilings = (limit: number): Trip['act'] => ({ kind: 'ceilings', limits: [{ meter: 'usd', per: 'hour', limit }] })
const noticesOf = async (s: Scene, kind: string) =>
  (await s.ledger.notices({ limit: 100_000, retryAfterMs: 0 })).filter(
    (notice) => notice.kind === kind && notice.body.includes(s.agent),
  )

export const tripwires = [
  // Every worker sees the same rate at the same time.
  clause('a tripwire trips once, with its hold and its notice, until a person releases it', async (s) => {
    expect(await s.ledger.drift.trip(tripOf(s))).toEqual({ code: 'ok' })
    expect(await s.ledger.drift.trip(tripOf(s))).toEqual({ code: 'standing' })
    expect(await switchOf(s)).toMatchObject({ mode: 'hold', by: 'tripwire:cost' })
    const [notice, ...more] = await noticesOf(s, 'tripwire')
    expect([JSON.parse(notice?.body ?? ''), more]).toEqual([
      { act: { kind: 'hold' }, agent: s.agent, evidence: { found: 3 }, wire: 'cost' },
      [],
    ])
    await s.advance(5)
    await s.ledger.release({ scope: `agent:${s.agent}`, by: 'ann', jitterMs: 0 })
    const releasedAt = await s.ledger.now()
    const [trip] = await s.ledger.drift.trips({ agent: s.agent })
    expect(trip).toMatchObject({ wire: 'cost', scope: `agent:${s.agent}`, releasedAt, releasedBy: 'ann' })
    expect(await s.ledger.drift.trips({ agent: s.agent, standing: true })).toEqual([])
    // What it was judged by the first time is not news.
    expect(await s.ledger.drift.trip(tripOf(s, { since: releasedAt - 1 }))).toEqual({ code: 'early' })
    expect(await s.ledger.drift.trip(tripOf(s, { since: releasedAt }))).toEqual({ code: 'ok' })
    expect((await s.ledger.drift.trips({ agent: s.agent })).map((one) => one.releasedAt)).toEqual([releasedAt, null])
  }),

  clause('a tripwire never loosens a switch that is engaged', async (s) => {
    const scope = `agent:${s.agent}`
    await s.ledger.engage({ scope, mode: 'end', by: 'ann' })
    expect(await s.ledger.drift.trip(tripOf(s))).toEqual({ code: 'ok' })
    expect(await switchOf(s)).toMatchObject({ mode: 'end', by: 'ann' })
    await s.ledger.release({ scope, by: 'ann', jitterMs: 0 })
    await s.ledger.engage({ scope, mode: 'hold', by: 'ann' })
    await s.ledger.drift.trip(tripOf(s, { wire: 'harder', act: { kind: 'end' } }))
    expect(await switchOf(s)).toMatchObject({ mode: 'end', by: 'tripwire:harder' })
  }),

  clause(
    'a tripwire sets a ceiling only where no lower one stands, and a person who moves it releases it',
    async (s) => {
      expect(await s.ledger.drift.trip(tripOf(s, { act: ceilings(50) }))).toEqual({ code: 'ok' })
      expect(await ceilingOf(s)).toMatchObject({ meter: 'usd', per: 'hour', limit: 50, by: 'tripwire:cost' })
      await s.ledger.drift.trip(tripOf(s, { wire: 'loose', act: ceilings(80) }))
      expect(await ceilingOf(s)).toMatchObject({ limit: 50, by: 'tripwire:cost' })
      const set = { scope: `agent:${s.agent}`, meter: 'usd', by: 'ann' } as const
      await s.ledger.setCeiling({ ...set, per: 'day', limit: 9 })
      expect(await s.ledger.drift.trips({ agent: s.agent, standing: true })).toHaveLength(2)
      await s.ledger.setCeiling({ ...set, per: 'hour', limit: null })
      expect(await s.ledger.drift.trips({ agent: s.agent, standing: true })).toEqual([])
      expect((await s.ledger.drift.trips({ agent: s.agent })).map(({ releasedBy }) => releasedBy)).toEqual([
        'ann',
        'ann',
      ])
      await s.ledger.setCeiling({ ...set, per: 'day', limit: null })
    },
  ),

  clause('one that only tells is armed again by a person', async (s) => {
    await s.ledger.drift.trip(tripOf(s, { act: { kind: 'tell' } }))
    expect([await switchOf(s), await ceilingOf(s)]).toEqual([undefined, undefined])
    const rearm = { agent: s.agent, wire: 'cost', by: 'ann' }
    expect(await s.ledger.drift.rearm(rearm)).toEqual({ code: 'ok' })
    expect(await s.ledger.drift.rearm(rearm)).toEqual({ code: 'unchanged' })
    await s.ledger.drift.trip(tripOf(s, { since: await s.ledger.now() }))
    // A hold is released where holds are.
    expect(await s.ledger.drift.rearm(rearm)).toEqual({ code: 'unchanged' })
  }),

  // Series that are made anew must not wake people again.
  clause('a change is told once, and one like it near that day not again', async (s) => {
    const told = { agent: s.agent, measure: 'tokens', direction: 'up', day: 10 * DAY_MS, withinMs: 7 * DAY_MS } as const
    const body = JSON.stringify({ agent: s.agent })
    expect(await s.ledger.drift.alarm({ ...told, body })).toEqual({ code: 'ok' })
    expect(await s.ledger.drift.alarm({ ...told, body, day: 17 * DAY_MS })).toEqual({ code: 'known' })
    expect(await s.ledger.drift.alarm({ ...told, body, direction: 'down' })).toEqual({ code: 'ok' })
    expect(await s.ledger.drift.alarm({ ...told, body, day: 18 * DAY_MS })).toEqual({ code: 'ok' })
    const rows = await s.ledger.drift.alarms({ agent: s.agent, since: 10 * DAY_MS })
    expect(rows.map(({ day, direction }) => [day / DAY_MS, direction])).toEqual([
      [10, 'down'],
      [10, 'up'],
      [18, 'up'],
    ])
    expect(await s.ledger.drift.alarms({ agent: s.agent, since: 11 * DAY_MS })).toHaveLength(1)
    expect(await noticesOf(s, 'alarm')).toHaveLength(3)
  }),
]
