import { describe, expect, it } from 'vitest'
import type { Tally } from '../../core/drift.js'
import { alarmsOf, type Day } from './alarms.js'
import { DAY_MS } from './calendar.js'
import { TallyMaker } from './tally.js'

const MONDAY = Date.UTC(2026, 0, 5)
const at = (day: number) => MONDAY + day * DAY_MS

/** 40 runs, of which the tokens differ by a tenth and a share is refused; the same each day but for a small wave. */
function tallyOf(day: number, tokens: number, refusals: number, runs = 40): Tally {
  const made = new TallyMaker()
  const wave = 1 + 0.02 * Math.sin(day * 2.4)
  for (let run = 0; run < runs; run += 1) made.value('tokens', tokens * wave * (0.9 + (0.2 * run) / runs), 'magnitude')
  made.add('runs', runs)
  made.add('outcome:completed', runs)
  made.add('refusals', refusals + (day % 2))
  return made.tally
}

const days = (count: number, of: (day: number) => Tally): Day[] =>
  Array.from({ length: count }, (_, day) => ({ at: at(day), tally: of(day) }))

describe('changes of an agent’s days', () => {
  it('are none where nothing changes', () => {
    expect(
      alarmsOf(
        days(120, (day) => tallyOf(day, 1_000, 2)),
        [],
      ),
    ).toEqual([])
  })

  it('are told with what was before and after, since when and how', () => {
    const found = alarmsOf(
      days(80, (day) => tallyOf(day, day < 50 ? 1_000 : 1_400, 2)),
      [],
    )
    expect(found).toMatchObject([
      { measure: 'tokens', direction: 'up', meaning: 'worse', since: at(50), version: null },
    ])
    const [alarm] = found
    expect((alarm?.day ?? 0) - at(50)).toBeLessThanOrEqual(2 * DAY_MS)
    expect(alarm?.before).toBeCloseTo(1_000, -2)
    expect(alarm?.after).toBeCloseTo(1_400, -2)
    expect(alarm?.seen).toBeGreaterThanOrEqual(40)
  })

  it('name the version whose first run came with them, and no other', () => {
    const worse = days(80, (day) => tallyOf(day, day < 50 ? 1_000 : 1_400, 2))
    const releases = [
      { agent: 'a', version: 6, at: at(20) },
      { agent: 'a', version: 7, at: at(50) + 3_600_000 },
      { agent: 'a', version: 8, at: at(53) },
    ]
    expect(alarmsOf(worse, releases)[0]?.version).toBe(7)
    expect(
      alarmsOf(
        worse,
        releases.filter(({ version }) => version !== 7),
      )[0]?.version,
    ).toBeNull()
  })

  it('go either way: less is better', () => {
    const found = alarmsOf(
      days(80, (day) => tallyOf(day, day < 50 ? 1_000 : 700, day < 50 ? 9 : 1)),
      [],
    )
    expect(found.map(({ measure, direction, meaning }) => [measure, direction, meaning])).toEqual(
      expect.arrayContaining([
        ['tokens', 'down', 'better'],
        ['refusals', 'down', 'better'],
      ]),
    )
  })

  it('in scores are worse where they are less', () => {
    const scored = days(80, (day) => {
      const made = new TallyMaker()
      for (let n = 0; n < 20; n += 1)
        made.value('score:good', (n + day) % 5 === 0 || (day >= 50 && n % 2) ? 0 : 1, 'plain')
      return { ...tallyOf(day, 1_000, 2), ...made.tally }
    })
    expect(alarmsOf(scored, [])).toMatchObject([{ measure: 'score:good', direction: 'down', meaning: 'worse' }])
  })

  it('are told once: the new level is learnt, and a second change is another alarm', () => {
    const level = (day: number) => (day < 40 ? 1_000 : day < 90 ? 1_400 : 2_000)
    const found = alarmsOf(
      days(140, (day) => tallyOf(day, level(day), 2)),
      [],
    )
    expect(found.map(({ since }) => since)).toEqual([at(40), at(90)])
  })

  it('are not seen in the first days of an agent, nor in one strange day', () => {
    expect(
      alarmsOf(
        days(17, (day) => tallyOf(day, day < 10 ? 1_000 : 3_000, 2)),
        [],
      ),
    ).toEqual([])
    expect(
      alarmsOf(
        days(80, (day) => tallyOf(day, day === 50 ? 9_000 : 1_000, 2)),
        [],
      ),
    ).toEqual([])
  })

  it('skip days without runs', () => {
    const some = days(80, (day) => tallyOf(day, day < 50 ? 1_000 : 1_400, 2, day % 7 > 4 ? 0 : 40))
    expect(alarmsOf(some, []).filter(({ measure }) => measure === 'tokens')).toMatchObject([{ direction: 'up' }])
  })
})
