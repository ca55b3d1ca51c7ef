import { describe, expect, it } from 'vitest'
import { type Bounded, type BoundedTool, boundOf } from './bound.js'
import { type Ceilings, ceilingsOf } from './ceilings.js'

const tool = (name: string, more: Partial<BoundedTool> = {}): BoundedTool => ({
  ...{ name, effect: 'keyed', meters: [], timeoutMs: 10_000, settlesMs: 2_000, agent: null },
  ...more,
})
const pay = tool('pay', { effect: 'checked', meters: ['paid'] })

function agent(ceilings: Ceilings<string>, tools: readonly BoundedTool[] = [pay], name = 'desk'): Bounded {
  const found = ceilingsOf(ceilings, (_, amount) => amount)
  const meters = [
    'steps',
    'tool_calls',
    'attempts',
    'usd',
    'context_tokens',
    'strikes',
    ...tools.flatMap((t) => t.meters),
  ]
  return { name, kind: 'agent', ceilings: found, meters: [...new Set(meters)], tools }
}

const meterOf = (of: Bounded, meter: string, around = {}) =>
  boundOf(of, around).meters.find((one) => one.meter === meter)

describe('the worst case of a run', () => {
  it('is what its ceilings say, defaults as such', () => {
    const desk = agent({ run: { paid: 200 } })
    expect(meterOf(desk, 'paid')?.run).toEqual({ amount: 200, by: 'run' })
    expect(meterOf(desk, 'usd')?.run).toEqual({ amount: 1_000_000, by: 'run (default)' })
  })

  it('is without limit where no ceiling is', () => {
    expect(meterOf(agent({}), 'paid')?.run).toEqual({ amount: null, by: 'no ceiling' })
  })

  it('takes no default on work for one of runs below', () => {
    const lead = agent({ run: { attempts: 7 } }, [tool('desk', { effect: 'read', agent: agent({}) })], 'lead')
    expect(meterOf(lead, 'steps')?.run.amount).toBeNull()
    expect(meterOf(lead, 'attempts')?.run.amount).toBe(7)
    expect(meterOf(lead, 'usd')?.run.amount).toBe(1_000_000)
  })
})

describe('the worst case of a run that is wound down', () => {
  const undo = { effect: 'once', attempts: 2, meters: [], timeoutMs: 9_000, settlesMs: 60_000 } as const
  const wound = (more: Partial<BoundedTool> = {}): Bounded => {
    const of = agent({ run: { paid: 200, steps: 5, attempts: 8 } }, [tool('pay', { meters: ['paid'], undo, ...more })])
    return { ...of, unwinds: true }
  }

  it('has room beyond its ceilings: one undo for each write, with all of its attempts', () => {
    expect(meterOf(wound(), 'steps')?.run).toEqual({ amount: 10, by: 'run, and its wind-down' })
    expect(meterOf(wound(), 'attempts')?.run).toEqual({ amount: 18, by: 'run, and its wind-down' })
    expect(meterOf(wound(), 'paid')?.run).toEqual({ amount: 200, by: 'run' })
    expect(meterOf({ ...wound(), unwinds: false }, 'steps')?.run).toEqual({ amount: 5, by: 'run' })
  })

  it('is without limit on what an undo charges', () => {
    expect(meterOf(wound({ undo: { ...undo, meters: ['paid'] } }), 'paid')?.run.amount).toBeNull()
  })

  it('names the undo among its effects, and how long that may act', () => {
    const found = boundOf(wound(), { atOnce: 3 })
    expect(found.effects).toMatchObject([{ tool: 'pay' }, { tool: 'pay.undo', effect: 'once', run: { amount: 5 } }])
    expect(found.unlimited).toEqual([])
    expect(found.exposure).toEqual({ acts: 3, forMs: 69_250 })
  })
})

describe('the worst case of an hour and a day', () => {
  const desk = agent({
    run: { paid: 200 },
    tenant: { paid: { per: 'day', max: 1_000 } },
    agent: { usd: { per: 'hour', max: '$5' as never } },
  })

  it('is that of windows, for one tenant or for so many', () => {
    expect(meterOf(desk, 'paid')).toMatchObject({ hour: { amount: null }, day: { amount: null } })
    expect(meterOf(desk, 'paid', { tenant: 'acme' })).toMatchObject({ hour: { amount: 1_000 }, day: { amount: 1_000 } })
    expect(meterOf(desk, 'paid', { tenants: 3 })?.day).toEqual({ amount: 3_000, by: 'tenant per day' })
    expect(meterOf(desk, 'usd')).toMatchObject({ hour: { amount: 5_000_000 }, day: { amount: 120_000_000 } })
  })

  it('is that of so many runs, where that is less', () => {
    expect(meterOf(desk, 'paid', { tenants: 3, runsPerHour: 4 })).toMatchObject({
      hour: { amount: 800, by: '4 runs an hour' },
      day: { amount: 3_000 },
    })
  })

  it('is what operators let pass, those that it falls under', () => {
    const operators = [
      { scope: 'fleet', meter: 'usd', per: 'day', limit: 7 },
      { scope: 'agent:other', meter: 'usd', per: 'day', limit: 1 },
      { scope: 'tenant:acme', meter: 'usd', per: 'day', limit: 3 },
    ] as const
    expect(meterOf(desk, 'usd', { operators })?.day).toEqual({ amount: 7, by: 'operators: fleet per day' })
    expect(meterOf(desk, 'usd', { operators, tenant: 'acme' })?.day.amount).toBe(3)
  })

  it('of a peak is that of a call', () => {
    expect(meterOf(desk, 'context_tokens')).toMatchObject({ run: { amount: 128_000 }, day: { amount: 128_000 } })
  })
})

describe('effects', () => {
  it('are bound by the least count of calls, and named where nothing else holds them', () => {
    const desk = agent({ run: { tool_calls: 9, paid: 200 } }, [pay, tool('mail'), tool('find', { effect: 'read' })])
    const { effects, unlimited } = boundOf(desk)
    expect(effects.map(({ tool: name, run, ceilings }) => [name, run.amount, ceilings])).toEqual([
      ['pay', 9, ['paid per run']],
      ['mail', 9, []],
    ])
    expect(unlimited).toEqual(['mail of desk'])
  })

  it('that a verifier is asked about cost a model call each, beside the one that proposes', () => {
    const desk = { ...agent({ run: { model_calls: 6 } }), isVerified: true }
    expect(boundOf(desk).effects.map(({ run }) => run)).toEqual([{ amount: 5, by: 'run' }])
    expect(boundOf({ ...desk, isVerified: false }).effects[0]?.run.amount).toBe(100)
  })

  it('of agents below count too, also of one that calls itself', () => {
    const self = { ...agent({}, []), tools: [pay, tool('desk', { effect: 'read' })] as BoundedTool[] }
    self.tools[1] = tool('desk', { effect: 'read', agent: self })
    const lead = agent({ run: { tool_calls: 4 } }, [tool('desk', { effect: 'read', agent: self })], 'lead')
    expect(boundOf(lead).effects.map(({ of, tool: name, run }) => [of, name, run.amount])).toEqual([['desk', 'pay', 4]])
    expect(boundOf(lead).unlimited).toEqual(['pay of desk'])
  })

  it('may be under way for so long after a kill', () => {
    expect(boundOf(agent({}), { atOnce: 8 }).exposure).toEqual({ acts: 8, forMs: 12_250 })
    expect(boundOf(agent({})).exposure.acts).toBeNull()
    expect(boundOf(agent({}, [])).exposure).toEqual({ acts: 0, forMs: 0 })
  })
})
