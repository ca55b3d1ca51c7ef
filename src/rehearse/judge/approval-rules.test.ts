import { expect, it } from 'vitest'
import { argsDigest } from '../../core/digest.js'
import type { Escalation } from '../../core/escalation.js'
import type { RunFacts } from '../../core/invariants/facts.js'
import { approvalRules } from './approval-rules.js'
import { type Line, runOf } from './journal.fixture.js'

const INPUT = { id: 'A' }
const asked: Partial<Escalation> = {
  ...{ id: 'q', state: 'answered', decision: 'approve', by: 'ann', first: null, people: 1, selfApproval: false },
  ...{ args: argsDigest(INPUT), result: null },
}
const begin = (step: string, input: object = INPUT, facts: Line['facts'] = { approval: 'q' }): Line => ({
  kind: 'begin',
  at: 0,
  facts: { step, tool: 'pay', ...facts },
  body: { approval: 'q', input },
})

function rules(change: Partial<Escalation>, lines: readonly Line[] = [begin('pay#1')], forTwo: readonly string[] = []) {
  const run = runOf(lines)
  const escalations = [{ ...asked, ...change }] as Escalation[]
  const facts = { ...run, run: { ...run.run, principal: 'cleo' }, escalations } as RunFacts
  return approvalRules([facts], new Set(forTwo))
}

it('what was allowed is begun once, by each of its attempts', () => {
  expect(rules({}, [begin('pay#1'), begin('pay#1')])).toEqual([])
  expect(rules({ result: '{"id":"B"}' }, [begin('pay#1', { id: 'B' })])).toEqual([])
  const first = { by: 'bob', note: null, result: null, at: 0 }
  expect(rules({ people: 2, first }, undefined, ['pay'])).toEqual([])
  expect(rules({ by: 'cleo', selfApproval: true })).toEqual([])
})

it.each<[string, Partial<Escalation>, readonly Line[] | undefined, readonly string[]]>([
  ['under a question that is open', { state: 'open', decision: null, by: null }, undefined, []],
  ['under a question that is answered', { decision: 'deny' }, undefined, []],
  ['with other arguments than were allowed', {}, [begin('pay#1', { id: 'B' })], []],
  ['with other arguments than were allowed', { result: '{"id":"B"}' }, undefined, []],
  ['under an approval that pay#1 had used', {}, [begin('pay#1'), begin('pay#2')], []],
  ['by the word of who asked for it', { by: 'cleo' }, undefined, []],
  ['by the word of one, where two are asked', { people: 2 }, undefined, []],
  [
    'by the word of one, where two are asked',
    { first: { by: 'ann', note: null, result: null, at: 0 } },
    undefined,
    ['pay'],
  ],
  ['under an approval that the ledger was not shown', {}, [begin('pay#1', INPUT, {})], []],
  ['under an approval that the ledger was not shown', { id: 'other' }, undefined, []],
  ['without the yes of two people', {}, [{ ...begin('pay#1'), body: { input: INPUT } }], ['pay']],
])('what is begun %s is found', (what, change, lines, forTwo) => {
  expect(rules(change, lines, forTwo)).toEqual([expect.stringContaining(`pay was begun ${what}`)])
})
