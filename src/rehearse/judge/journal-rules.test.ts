import { expect, it } from 'vitest'
import { type Line, runOf } from './journal.fixture.js'
import { journalRules } from './journal-rules.js'

const begin = (at: number, facts: Line['facts'] = {}): Line => ({
  kind: 'begin',
  at,
  facts: { step: 'pay#1', tool: 'pay', actsUntil: at + 100, ...facts },
})
const settle = (at: number, ref: number, did: 'performed' | 'not_performed' | 'failed', body: unknown = {}): Line => ({
  kind: 'settle',
  at,
  ref,
  facts: { did, used: [0] },
  body,
})
const rules = (lines: readonly Line[]) => journalRules([runOf(lines)])

it('a refusal is of the catalogue', () => {
  const end = (rule: string): Line => ({
    kind: 'end',
    at: 0,
    body: { outcome: { status: 'refused', reason: 'policy', rule } },
  })
  expect(rules([end('rules.pay')])).toEqual([])
  expect(rules([end('mood')])).toEqual(['Run run: a refusal is of no catalogue: policy, mood (entry 1).'])
})

it('a step that failed is begun again, one that has its result is not', () => {
  expect(rules([begin(0), settle(1, 1, 'not_performed'), begin(2)])).toEqual([])
  expect(rules([begin(0), settle(1, 1, 'performed'), begin(2)])).toEqual([
    "Run run: step 'pay#1' was begun again (entry 3).",
  ])
})

it('a doubt is denied once it can no longer be acting, or at once by a receipt', () => {
  const doubt: Line = { kind: 'doubt', at: 10, ref: 1 }
  const denied = (at: number, source: string) => rules([begin(0), doubt, settle(at, 1, 'not_performed', { source })])
  expect(denied(100, 'check')).toEqual([])
  expect(denied(50, 'evidence')).toEqual([])
  expect(denied(60, 'check')).toEqual(['Run run: pay was said not to have happened 40 ms too early (entry 3).'])
})

it('whoever said when to come again is not asked before, but for a clock that is off', () => {
  const told = settle(20, 1, 'not_performed', { fault: { code: 'busy', retryAfterMs: 500 } })
  expect(rules([begin(0), told, begin(500)])).toEqual([])
  expect(rules([begin(0), told, begin(300)])).toEqual(["Run run: step 'pay#1' was tried again 200 ms too soon."])
})

it('a model call of which nobody knows the usage is charged in full, unless it was never made', () => {
  const charges = [{ meter: 'input_tokens', amount: 70 }] as unknown as NonNullable<Line['facts']>['charges']
  const { tool: _, ...model } = begin(0, charges ? { charges } : {}).facts ?? {}
  const asked: Line = { kind: 'begin', at: 0, facts: model }
  expect(rules([asked, settle(1, 1, 'failed', { usage: { inputTokens: 3 } })])).toEqual([])
  expect(rules([asked, settle(1, 1, 'failed', { fault: { code: 'too_late' } })])).toEqual([])
  expect(rules([asked, settle(1, 1, 'failed', { fault: { code: 'lost' } })])).toEqual([
    'Run run: a model call whose usage is not known was charged 0 of 70 tokens (entry 2).',
  ])
})
