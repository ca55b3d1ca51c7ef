import { expect, it } from 'vitest'
import { storedKey } from '../../orchestrator/doubt.js'
import { KEY_SECRET } from '../sim/ground.js'
import { type Line, runOf } from './journal.fixture.js'
import { sentRules } from './sent-rules.js'
import type { Sending } from './witness-rules.js'

const sent = (at: number | null, change: Partial<Sending> = {}): Sending => ({
  ...{ tool: 'pay', effect: 'checked', key: 'k', runId: 'run', tenant: 't', fence: 1n, attempt: 1, at },
  ...change,
})
const begin = (at: number, attempt = 1): Line => ({
  kind: 'begin',
  at,
  facts: { step: 'pay#1', effect: { tool: 'pay', key: storedKey(KEY_SECRET, 't', 'pay', 'k'), args: '', attempt } },
})
const settle = (at: number, ref: number, did: 'performed' | 'not_performed', source?: string): Line => ({
  kind: 'settle',
  at,
  ref,
  facts: { did },
  body: source === undefined ? {} : { source },
})
const rules = (calls: readonly Sending[], lines: readonly Line[]) => sentRules(calls, [runOf(lines)])

it('begin, then send, then settle', () => {
  expect(rules([sent(5)], [begin(5), settle(6, 1, 'performed')])).toEqual([])
  expect(rules([sent(null)], [begin(5), settle(6, 1, 'performed')])).toEqual([])
})

it('a call without an intent, or before it, is found', () => {
  expect(rules([sent(5, { attempt: 2 })], [begin(5)])).toEqual([
    'pay was called (attempt 2), and no journal holds its intent.',
  ])
  expect(rules([sent(3)], [begin(5)])).toEqual(['pay was called 2 ms before its intent was written.'])
  expect(rules([sent(3, { effect: 'read', key: '' })], [])).toEqual([])
})

it('what was never sent, or later, cannot be confirmed, unless a person vouches for it', () => {
  const early = ['pay was confirmed before it was called.']
  expect(rules([], [begin(5), settle(6, 1, 'performed')])).toEqual(early)
  expect(rules([sent(7)], [begin(5), settle(6, 1, 'performed')])).toEqual(early)
  expect(rules([], [begin(5), settle(6, 1, 'performed', 'person:ann')])).toEqual([])
})

it('a tool that said when to come again is not called before, if that was written down', () => {
  const calls = [sent(5, { notBefore: 900 }), sent(500, { attempt: 2 })]
  const heard = [begin(5), settle(6, 1, 'not_performed'), begin(499, 2)]
  expect(rules(calls, heard)).toEqual(['pay was called again 400 ms before it said.'])
  expect(rules(calls, [begin(5), settle(6, 1, 'not_performed', 'check'), begin(499, 2)])).toEqual([])
})
