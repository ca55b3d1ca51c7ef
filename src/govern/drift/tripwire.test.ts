import { describe, expect, it } from 'vitest'
import type { Alarm } from './alarms.js'
import { dayOf, hourOf } from './calendar.js'
import { type Judged, type Tripwire, trippedBy, tripwiresOf } from './tripwire.js'

const NOW = Date.UTC(2026, 2, 4, 15, 30)
const checked = (...wires: Tripwire<'refund_usd'>[]) =>
  tripwiresOf('desk', wires as never, { meters: ['refund_usd'], toSmallest: (_, amount) => amount * 1_000_000 })
const alarm = (more: Partial<Alarm> = {}): Alarm => ({
  ...{
    measure: 'tokens',
    direction: 'up',
    meaning: 'worse',
    day: 7,
    since: 5,
    before: 1,
    after: 2,
    seen: 9,
    version: 3,
  },
  ...more,
})
const judge = (wire: Tripwire<'refund_usd'>, more: Partial<Judged>) => {
  const [one] = checked(wire)
  return one ? trippedBy(one, { now: NOW, hour: {}, day: {}, alarms: [], ...more }) : null
}

describe('a tripwire', () => {
  it('trips above its rate, of as many runs as it asks for', () => {
    const wire = { name: 'no', on: 'rate', of: 'refusals', above: 0.5, over: 'hour', do: 'hold' } as const
    expect(judge(wire, { hour: { runs: 10, refusals: 5 } })).toBeNull()
    expect(judge(wire, { hour: { runs: 9, refusals: 9 } })).toBeNull()
    expect(judge(wire, { day: { runs: 10, refusals: 9 } })).toBeNull()
    expect(judge(wire, { hour: { runs: 10, refusals: 6 } })).toEqual({
      since: hourOf(NOW),
      evidence: { on: 'rate', measure: 'refusals', above: 0.5, found: 0.6, over: 'hour', runs: 10 },
    })
    expect(judge({ ...wire, runs: 9 }, { hour: { runs: 9, refusals: 9 } })).not.toBeNull()
  })

  it('knows shares, attempts a step, and all signals or one', () => {
    const over = { name: 'r', on: 'rate', over: 'day', runs: 1, do: 'tell' } as const
    const day = {
      runs: 4,
      steps: 10,
      attempts: 15,
      'outcome:failed': 1,
      'signal:same_call': 1,
      'signal:a_b_a_b': 2,
      'owner:tool': 1,
    }
    const found = (of: 'failed' | 'attempts' | 'signals' | 'signal:same_call' | 'owner:tool') =>
      judge({ ...over, of, above: 0 }, { day })?.evidence.found
    expect([
      found('failed'),
      found('attempts'),
      found('signals'),
      found('signal:same_call'),
      found('owner:tool'),
    ]).toEqual([0.25, 1.5, 0.75, 0.25, 0.25])
  })

  it('trips above what runs may spend on the mean', () => {
    const wire = { name: 'cost', on: 'spend', above: '$0.50', over: 'day', runs: 2, do: 'end' } as const
    expect(judge(wire, { day: { runs: 2, usd: 1_000_000 } })).toBeNull()
    expect(judge(wire, { day: { runs: 2, usd: 1_000_001 } })?.since).toBe(dayOf(NOW))
  })

  it('trips by a change for the worse, of its measure or of any', () => {
    const wire = { name: 'change', on: 'alarm', of: 'tokens', do: 'hold' } as const
    expect(judge(wire, { alarms: [alarm()] })).toEqual({
      since: 7,
      evidence: { on: 'alarm', measure: 'tokens', before: 1, after: 2, changedAt: 5, version: 3 },
    })
    expect(judge(wire, { alarms: [alarm({ measure: 'usd' })] })).toBeNull()
    expect(judge({ ...wire, of: 'any' }, { alarms: [alarm({ measure: 'usd' })] })).not.toBeNull()
    expect(judge({ ...wire, of: 'any' }, { alarms: [alarm({ meaning: 'better', direction: 'down' })] })).toBeNull()
  })

  it('tightens ceilings in smallest units', () => {
    const less = { tighten: { usd: { per: 'hour', max: '$2' }, refund_usd: { per: 'day', max: 50 } } } as const
    expect(checked({ name: 'less', on: 'alarm', of: 'usd', do: less })[0]?.act).toEqual({
      kind: 'ceilings',
      limits: [
        { meter: 'usd', per: 'hour', limit: 2_000_000 },
        { meter: 'refund_usd', per: 'day', limit: 50_000_000 },
      ],
    })
  })

  const rate = { name: 'a', on: 'rate', of: 'refusals', above: 1, over: 'hour', do: 'hold' }
  it.each([
    [{ ...rate, name: 'A b' }, 'is no name'],
    [{ ...rate, of: 'refusal' }, "'refusal' is no rate"],
    [{ ...rate, of: 'signal:no' }, 'is no rate'],
    [{ ...rate, above: Number.NaN }, 'above is a number'],
    [{ ...rate, over: 'week' }, "over is 'hour' or 'day'"],
    [{ ...rate, runs: 0 }, 'runs is a whole number'],
    [{ ...rate, on: 'whim' }, 'on is'],
    [{ ...rate, do: 'stop' }, 'do is'],
    [{ ...rate, do: { tighten: {} } }, 'do is'],
    [{ ...rate, do: { tighten: { refund: { per: 'day', max: 1 } } } }, "no tool charges the meter 'refund'"],
    [{ ...rate, do: { tighten: { steps: { per: 'total', max: 1 } } } }, 'is no window'],
    [{ name: 'a', on: 'alarm', of: 'token', do: 'hold' }, 'is not watched'],
  ])('is refused where it would guard nothing: %j', (wire, why) => {
    expect(() => checked(wire as never)).toThrow(why)
  })

  it('has a name of its own', () => {
    expect(() => checked(rate as never, rate as never)).toThrow("two are called 'a'")
  })
})
