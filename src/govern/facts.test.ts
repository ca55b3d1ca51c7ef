import { describe, expect, it } from 'vitest'
import { factsOf, holds } from './facts.js'

const find = { name: 'find_order' }
const done = [
  {
    tool: 'find_order',
    input: { id: 'A-1', with: ['items', 'notes'], of: { customer: 'ann', at: '1970-01-01T00:00:00.000Z' } },
  },
  { tool: 'send_email', input: { to: 'ann' } },
]
const facts = factsOf({ steps: 4, used: { usd: 12 }, done, tenant: 'acme' })

describe('what a rule may look at', () => {
  it('is what a confirmed call gave', () => {
    const seen = factsOf({
      steps: 1,
      used: {},
      done: [{ tool: 'find_order', input: 'A-1', output: { paid: true } }],
      tenant: 't',
    })
    const answers = [
      seen.did(find, {}, { paid: true }),
      seen.did(find, undefined, { paid: false }),
      facts.did(find, {}, {}),
    ]
    expect(answers).toEqual([true, false, false])
  })

  it('is the stage that the run is in, where there are any', () => {
    expect([facts.stage, factsOf({ steps: 0, used: {}, done: [], tenant: 't', stage: 'pay' }).stage]).toEqual([
      null,
      'pay',
    ])
  })

  it('is what the journal holds', () => {
    expect(facts).toMatchObject({ step: 4, used: { usd: 12 }, tenant: 'acme' })
  })

  it('is whether a tool was confirmed at all', () => {
    expect([facts.did(find), facts.did({ name: 'send_email' }), facts.did({ name: 'issue_refund' })]).toEqual([
      true,
      true,
      false,
    ])
  })

  it.each<[object, boolean]>([
    [{}, true],
    [{ id: 'A-1' }, true],
    [{ id: 'A-1', of: { customer: 'ann' } }, true],
    [{ of: { at: new Date(0) } }, true],
    [{ with: ['items'] }, true],
    [{ id: 'A-2' }, false],
    [{ id: undefined }, false],
    [{ to: 'ann' }, false],
    [{ id: 'A-1', of: { customer: 'bob' } }, false],
    [{ of: { at: new Date(1) } }, false],
    [{ with: ['notes'] }, false],
    [{ with: {} }, false],
    [{ of: [] }, false],
    [{ of: new Map() }, false],
    [{ id: /A/ }, false],
  ])('is whether it was confirmed with arguments that hold %j: %s', (match, expected) => {
    expect(facts.did(find, match)).toBe(expected)
  })

  it('is never a match of one call in two halves', () => {
    const halves = [
      { tool: 'find_order', input: { id: 'A-1', of: 'bob' } },
      { tool: 'find_order', input: { id: 'B-2', of: 'ann' } },
    ]
    expect(factsOf({ steps: 2, used: {}, done: halves, tenant: 'acme' }).did(find, { id: 'A-1', of: 'ann' })).toBe(
      false,
    )
  })
})

describe('a value holds a part', () => {
  it.each([
    ['text', 'text', true],
    ['text', {}, false],
    [null, {}, false],
    [null, null, true],
    [0, -0, true],
    [{ a: null }, { a: undefined }, false],
  ])('%j, %j: %s', (whole, part, expected) => {
    expect(holds(whole, part)).toBe(expected)
  })
})
