import { describe, expect, it } from 'vitest'
import { CASES } from '../night/cases.js'
import type { Ended } from '../night/ended.js'
import type { NightRecord } from '../night/run-night.js'
import type { Side, WrittenFact } from '../world/witness.js'
import { duplicates, quantile, tally } from './count.js'
import { reportLines, reportOf } from './report.js'
import { textTable } from './text-table.js'

const fact = (
  side: Side,
  deed: WrittenFact['deed'],
  orderId: string,
  more: Partial<WrittenFact> = {},
): WrittenFact => ({
  side,
  deed,
  orderId,
  key: null,
  amount: 0,
  detail: '',
  atMs: 0,
  ...more,
})

function ended(side: Side, name: string, more: Partial<Ended> = {}): Ended {
  const of = CASES.find((one) => one.name === name) ?? CASES[0]
  if (!of) throw new Error('no cases')
  const delivery = { case: of, key: name, session: name, text: '' }
  const rest = { why: '', latencyMs: 100, steps: 5, retries: 0, runId: side === 'naive' ? '' : name, asked: false }
  return { side, delivery, status: 'completed', approved: false, ...rest, ...more }
}

/** One night in which the naive desk paid order 1004 twice, paid $180 unasked, and lost a message. */
function record(more: Partial<NightRecord> = {}): NightRecord {
  const naive = [
    fact('naive', 'refund', '1004', { amount: 8_950 }),
    fact('naive', 'refund', '1004', { amount: 8_950 }),
    fact('naive', 'refund', '1013', { amount: 18_000 }),
    fact('naive', 'model_call', '1011', { amount: 400_000 }),
    fact('naive', 'payment_request', '1004', { detail: 'asked', atMs: 1_000 }),
    fact('naive', 'payment_request', '1004', { detail: 'asked', atMs: 3_500 }),
  ]
  const midwatch = [
    fact('midwatch', 'refund', '1004', { amount: 8_950 }),
    fact('midwatch', 'refund', '1013', { amount: 18_000 }),
    fact('midwatch', 'email', '1004', { detail: 'paid' }),
    fact('midwatch', 'email', '1004', { detail: 'sorry' }),
  ]
  const ends = [
    ended('naive', 'lost answer'),
    ended('naive', 'needs a person'),
    ended('naive', 'looping model', { status: 'crashed' }),
    ended('midwatch', 'lost answer', { latencyMs: 300 }),
    ended('midwatch', 'needs a person', { asked: true, approved: true, latencyMs: 9_000 }),
    ended('midwatch', 'looping model', { status: 'exhausted' }),
  ]
  return { seed: 7, tenant: 'night-x', ended: ends, facts: { naive, midwatch }, tookMs: 20_000, ...more }
}

describe('the report of a night', () => {
  it('counts from the journal: what was done twice, unasked, over budget, in vain', () => {
    expect(tally(record(), 'naive')).toMatchObject({
      duplicates: 1,
      paidTwice: 1,
      paidTwiceUsd: 89.5,
      unapprovedUsd: 180,
      overBudget: 1,
      stuckOrSilent: 1,
      modelUsd: 0.4,
      retriesMs: 2_500,
    })
  })

  it('holds where nothing was done twice, unasked or over budget; people are not latency', () => {
    const report = reportOf(record())
    expect(report.held).toBe(true)
    expect(report.midwatch).toMatchObject({ duplicates: 0, unapprovedUsd: 0, stuckOrSilent: 0, p95Ms: 300 })
  })

  it('does not hold where our own desk paid twice', () => {
    const { facts } = record()
    const again = fact('midwatch', 'refund', '1004', { amount: 8_950 })
    const report = reportOf(record({ facts: { ...facts, midwatch: [...facts.midwatch, again] } }))
    expect(report.held).toBe(false)
    expect(reportLines(report).join('\n')).toContain('Midwatch: duplicates 1')
  })

  it('tells two e-mails of one order apart by their words', () => {
    const same = { detail: 'paid' }
    expect(duplicates([fact('naive', 'email', '1', same), fact('naive', 'email', '1', { detail: 'sorry' })])).toBe(0)
    expect(duplicates([fact('naive', 'email', '1', same), fact('naive', 'email', '1', same)])).toBe(1)
  })

  it('says case by case what was prevented, and what to look at next', () => {
    const report = reportOf(record())
    const prevented = Object.fromEntries(report.cases.map((row) => [row.name, row.prevented]))
    expect(prevented).toMatchObject({
      'lost answer': '$89.50 paid again',
      'needs a person': '$180 paid unasked',
      'looping model': '$0.40 of model calls, silence',
      'plain refund': '',
    })
    const text = reportLines(report).join('\n')
    expect(text).toContain('Midwatch: duplicates 0')
    expect(text).toContain('npx midwatch why lost answer')
  })

  it('takes a quantile of nothing as nothing', () => {
    expect([quantile([], 0.95), quantile([3, 1, 2], 0.5), quantile([3, 1, 2], 0.95)]).toEqual([0, 2, 3])
  })

  it('pads columns, sets numbers to the right and cuts long cells', () => {
    expect(
      textTable(
        ['a', 'b'],
        [
          ['long cell', '1'],
          ['x', '10'],
        ],
        6,
      ),
    ).toEqual(['a       b', '──────  ──', 'long …   1', 'x       10'])
  })
})
