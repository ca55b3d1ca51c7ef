import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { flow } from './flow.js'
import { type Every, planOf, tickOf, ticksAfter } from './schedule.js'

type Wish = Partial<Record<keyof Every<never>, unknown>>
const scheduled = (every: Wish, input: z.ZodType = z.object({ day: z.string() })) =>
  flow({
    name: 'nightly',
    version: 1,
    input,
    every: { cron: '0 2 * * *', tz: 'UTC', overlap: 'skip', ...every } as Every<never>,
    run: async () => 'done',
  }).definition

describe('a schedule is checked where it is defined', () => {
  it.each<[Wish, RegExp]>([
    [{ cron: '0 2 * *' }, /has 4 parts/],
    [{ cron: '61 2 * * *' }, /61/],
    [{ cron: '0 0 30 2 *' }, /no tick at all/],
    [{ tz: 'Mars/Olympus' }, /Mars\/Olympus/],
    [{ overlap: 'both' }, /overlap is one of skip, queue/],
    [{ missed: 'some' }, /missed is one of last, all, skip/],
    [{ missed: 'all' }, /needs overlap 'queue'/],
    [{ input: () => ({ night: 1 }) }, /does not fit/],
  ])('%j is refused', (every, says) => {
    expect(() => scheduled(every)).toThrow(expect.objectContaining({ code: 'invalid_definition' }))
    expect(() => scheduled(every)).toThrow(says)
  })

  it('without an input of its own a tick must fit the flow’s', () => {
    expect(() => scheduled({}, z.object({ id: z.string() }))).toThrow(/Give every.input/)
    expect(scheduled({}).timetable).toMatchObject({ missed: 'last', overlap: 'skip' })
    expect(scheduled({ input: () => ({ id: 'x' }) }, z.object({ id: z.string() })).timetable).not.toBeNull()
  })

  it('changes nothing about what a run is pinned to', () => {
    const print = ({ fingerprint }: { fingerprint: string }) => fingerprint
    expect(print(scheduled({ cron: '0 3 * * *', overlap: 'queue' }))).toBe(print(scheduled({})))
  })
})

const berlin = (cron: string, after: string, count: number) =>
  ticksAfter({ cron, tz: 'Europe/Berlin' }, Date.parse(after), count).map((at) =>
    new Date(at).toISOString().slice(5, 16),
  )

describe('summer time', () => {
  it('a time that does not exist that day comes when the clocks have gone on', () => {
    expect(berlin('30 2 * * *', '2026-03-27T12:00Z', 3)).toEqual(['03-28T01:30', '03-29T01:00', '03-30T00:30'])
  })

  it('a time that comes twice that day is taken once, the first time', () => {
    expect(berlin('30 2 * * *', '2026-10-24T12:00Z', 2)).toEqual(['10-25T00:30', '10-26T01:30'])
  })

  it('what comes at each hour or so goes through both', () => {
    expect(berlin('0 * * * *', '2026-10-24T23:30Z', 3)).toEqual(['10-25T00:00', '10-25T01:00', '10-25T02:00'])
    expect(berlin('*/30 * * * *', '2026-03-29T00:15Z', 3)).toEqual(['03-29T00:30', '03-29T01:00', '03-29T01:30'])
  })

  it('the day of a tick is that of its own zone', () => {
    const at = Date.parse('2026-01-31T23:30Z')
    expect(tickOf({ tz: 'Europe/Berlin' }, at)).toEqual({ at: '2026-01-31T23:30:00.000Z', day: '2026-02-01' })
    expect(tickOf({ tz: 'America/New_York' }, at).day).toBe('2026-01-31')
  })
})

describe('missed ticks', () => {
  /** Deals with all that is due, so many at a time. */
  const deal = (missed: 'last' | 'all' | 'skip', due: readonly number[], slice: number, now: number) => {
    const run: number[] = []
    let skipped = 0
    for (let at = 0; at < due.length; at += slice) {
      const these = due.slice(at, at + slice)
      const plan = planOf(missed, these, { more: at + slice < due.length, now, lateMs: 60 })
      expect(plan.until).toBe(these.at(-1))
      run.push(...plan.run)
      skipped += plan.skipped
    }
    expect(run.length + skipped).toBe(due.length)
    return run
  }
  const arbitrary = fc.record({
    gaps: fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 30 }),
    slice: fc.integer({ min: 1, max: 7 }),
    late: fc.integer({ min: 0, max: 300 }),
  })

  it('all run, or the last one, or those in time, however they are cut up', () => {
    fc.assert(
      fc.property(arbitrary, ({ gaps, slice, late }) => {
        const due = gaps.map((_, i) => gaps.slice(0, i + 1).reduce((a, b) => a + b, 0))
        const now = (due.at(-1) ?? 0) + late
        expect(deal('all', due, slice, now)).toEqual(due)
        expect(deal('last', due, slice, now)).toEqual(due.slice(-1))
        expect(deal('skip', due, slice, now)).toEqual(due.filter((at) => now - at <= 60))
      }),
    )
  })
})
