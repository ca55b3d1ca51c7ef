import { describe, expect, it } from 'vitest'
import { LIMITS } from '../core/limits.js'
import { BUILT_IN_METERS } from '../core/meters.js'
import { countOf, dollarsToMicros } from '../core/money.js'
import {
  type Ceilings,
  ceilingsOf,
  chargesFor,
  DEFAULT_RUN_LIMITS,
  deadlineMs,
  kindOf,
  meterScopes,
} from './ceilings.js'

type Policy = Ceilings<'refund_usd' | 'emails'>

const toSmallest = (meter: string, amount: number) =>
  meter === 'refund_usd' ? dollarsToMicros(amount, meter) : countOf(amount, meter)
const of = (policy: Policy) => ceilingsOf(policy, toSmallest)
const limits = (policy: Policy, scope = 'run') =>
  Object.fromEntries(
    of(policy)
      .filter((c) => c.scope === scope)
      .map((c) => [c.meter, c.limit]),
  )
/** As plain JavaScript would write it: the types refuse most of these before. */
const loosely = (policy: object) => () => ceilingsOf(policy as Ceilings<string>, toSmallest)

describe('the ceilings of an agent', () => {
  it('are there even when it names none: every built-in meter has one', () => {
    const counted = DEFAULT_RUN_LIMITS
    expect(Object.keys(limits({})).sort()).toEqual(Object.keys(BUILT_IN_METERS).sort())
    expect(limits({})).toEqual({ ...counted, usd: 1_000_000, active: 600_000 })
    expect(deadlineMs({})).toBe(LIMITS.run_deadline_ms)
  })

  it('are in the smallest unit of their meter', () => {
    const run = { usd: '$0.25', active: '2m', deadline: '4h', refund_usd: 200, emails: 3, steps: 20 } as const
    expect(limits({ run })).toMatchObject({ usd: 250_000, active: 120_000, refund_usd: 200e6, emails: 3, steps: 20 })
    expect(deadlineMs({ run })).toBe(14_400_000)
  })

  it('leave a default alone that is set to undefined', () => {
    expect(limits({ run: { steps: undefined, usd: undefined } })).toEqual(limits({}))
  })

  it('may be 0, which lets nothing through', () => {
    expect(limits({ run: { emails: 0, usd: '$0' } })).toMatchObject({ emails: 0, usd: 0 })
  })

  it('hold beyond the run: of a session in all, of tenant and agent by the window', () => {
    const found = of({
      session: { emails: 5 },
      tenant: { usd: { per: 'day', max: '$50' }, refund_usd: { per: 'week', max: 2_000 } },
      agent: { steps: { per: 'hour', max: 9 } },
    }).filter((c) => c.scope !== 'run')
    expect(found).toEqual([
      { scope: 'session', meter: 'emails', per: 'total', limit: 5, named: true },
      { scope: 'tenant', meter: 'usd', per: 'day', limit: 50e6, named: true },
      { scope: 'tenant', meter: 'refund_usd', per: 'week', limit: 2_000e6, named: true },
      { scope: 'agent', meter: 'steps', per: 'hour', limit: 9, named: true },
    ])
  })

  it.each([
    ['more steps than a run may have', { run: { steps: LIMITS.steps_per_run + 1 } }, 'invalid_definition'],
    ['a window that is none', { tenant: { steps: { per: 'year', max: 1 } } }, 'invalid_definition'],
    ['a window of a run', { run: { steps: { per: 'day', max: 1 } } }, 'invalid_definition'],
    ['a deadline of a session', { session: { deadline: '1d' } }, 'invalid_definition'],
    ['text for a count', { run: { steps: '20' } }, 'invalid_definition'],
    ['a number for dollars', { run: { usd: 25 } }, 'invalid_money'],
    ['a number for a time', { run: { active: 25 } }, 'invalid_duration'],
    ['NaN', { run: { steps: Number.NaN } }, 'meter_amount_invalid'],
    ['infinity', { run: { steps: Number.POSITIVE_INFINITY } }, 'meter_amount_invalid'],
    ['less than nothing', { run: { refund_usd: -1 } }, 'meter_amount_invalid'],
  ])('are refused for %s', (_, policy, code) => {
    expect(loosely(policy)).toThrow(expect.objectContaining({ code }))
  })
})

describe('the charges of a step', () => {
  const ceilings = of({
    run: { emails: 3 },
    session: { emails: 5 },
    tenant: { emails: { per: 'day', max: 50 }, usd: { per: 'day', max: '$50' } },
    agent: { emails: { per: 'hour', max: 99 } },
  })
  const run = { tenant: 'acme', agent: 'desk', session: 's-1' }

  it('count on the run itself and in each scope that has a ceiling, each against its own limit', () => {
    const kind = 'sum'
    expect(chargesFor({ emails: 2 }, ceilings, meterScopes(run))).toEqual([
      { at: 'run', scope: '', meter: 'emails', kind, per: 'total', amount: 2, limit: 3 },
      { at: 'shared', scope: 'session:acme/s-1', meter: 'emails', kind, per: 'total', amount: 2, limit: 5 },
      { at: 'shared', scope: 'tenant:acme/desk', meter: 'emails', kind, per: 'day', amount: 2, limit: 50 },
      { at: 'shared', scope: 'agent:desk', meter: 'emails', kind, per: 'hour', amount: 2, limit: 99 },
    ])
  })

  it('are nothing to a session where there is none', () => {
    const charges = chargesFor({ emails: 2 }, ceilings, meterScopes({ ...run, session: null }))
    expect(charges.map((c) => c.scope)).toEqual(['', 'tenant:acme/desk', 'agent:desk'])
  })

  it('are counted without a limit where nobody set one', () => {
    expect(chargesFor({ refund_usd: 7 }, ceilings, meterScopes(run))).toEqual([
      { at: 'run', scope: '', meter: 'refund_usd', kind: 'sum', per: 'total', amount: 7, limit: null },
    ])
  })

  it('of the context are its peak, all others add up', () => {
    expect(['context_tokens', 'usd', 'refund_usd', 'constructor'].map(kindOf)).toEqual(['peak', 'sum', 'sum', 'sum'])
  })
})
