import { escalate, flow, tool } from 'midwatch'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { desk as deskAgent } from '../../../test/cli/desk.js'
import { terminal } from '../../../test/cli/terminal.js'
import { readRuns } from '../../core/invariants/read.js'
import type { Definition } from '../../orchestrator/definition.js'
import { type Backtest, backtest } from './backtest.js'
import type { Recording } from './recording.js'

const MESSAGES = [
  'find W1; refund W1 12',
  'find lost; refund lost 5',
  'find busy; refund busy 5',
  'find declined; refund declined 5',
  'refund W1 5; find W1; refund W1 60; refund W1 60; refund W1 70',
  'find W9; refund W9 90; find W8; refund W8 90; find W7; refund W7 90',
  'refund W1 0; refund W1 -1; find W1',
  'find W1; letter ann',
  'no',
  'over',
]
const recorded = new Map<string, Recording>()

beforeAll(async () => {
  const { ledger, desk } = terminal()
  for (const message of MESSAGES) {
    const { id } = await desk(message, '--tenant', 'acme')
    for await (const { facts } of readRuns(ledger, { runId: id })) recorded.set(message, facts)
  }
}, 30_000)

const now = (over: Partial<Definition>) => ({ name: 'desk', definition: { ...deskAgent.definition, ...over } })
const of = (message: string): Recording => recorded.get(message) as Recording
const rulings = ({ changed }: Backtest) => changed.map((c) => [c.step, c.then.verdict, c.now?.verdict, c.now?.rule])
const limited = (meter: string, limit: number, scope = 'run') =>
  now({
    ceilings: deskAgent.definition.ceilings.map((c) => (c.meter === meter && c.scope === scope ? { ...c, limit } : c)),
  })

it('finds no change under the policy that was recorded, whatever happened', async () => {
  const made = await backtest(now({}), recorded.values())
  expect(rulings(made)).toEqual([])
  expect(made).toMatchObject({ runs: MESSAGES.length, unknown: [], erased: [], unjudged: [] })
  expect(Object.fromEntries(made.verdicts.map((v) => [v.then, v.now]))).toEqual({
    allow: 'allow',
    refuse: 'refuse',
    end: 'end',
  })
})

describe('a ceiling', () => {
  it('that is lowered refuses by the numbers that the ledger stamped', async () => {
    const made = await backtest(limited('refund_usd', 10_000_000), [of('find W1; refund W1 12')])
    expect(rulings(made)).toEqual([['issue_refund#1', 'allow', 'refuse', 'ceilings.run.refund_usd']])
    expect(made.changed[0]?.now?.numbers).toMatchObject({ used: 0, amount: 12_000_000, limit: 10_000_000 })
  })

  it('that is raised lets through what found no room', async () => {
    const made = await backtest(limited('refund_usd', 900_000_000), [of(MESSAGES[5] ?? '')])
    expect(rulings(made)).toEqual([['issue_refund#3', 'refuse', 'allow', null]])
  })

  it('of a tenant is judged by what had been used in its window', async () => {
    const made = await backtest(limited('refund_usd', 20_000_000, 'tenant'), [
      of('find W1; refund W1 12'),
      of('find lost; refund lost 5'),
      of('find busy; refund busy 5'),
    ])
    expect(made.changed.map((c) => [c.runId, c.sort, c.now?.rule, c.now?.numbers?.used])).toEqual(
      ['proposal', 'attempt'].map((sort) => [
        of('find busy; refund busy 5').run.runId,
        sort,
        'ceilings.tenant.refund_usd.day',
        17_000_000,
      ]),
    )
  })

  it('on models ends the run', async () => {
    const made = await backtest(limited('model_calls', 2), [of('find W1; refund W1 12')])
    expect(rulings(made)).toEqual([['model#3', 'allow', 'end', 'ceilings.run.model_calls']])
  })

  it('on strikes counts refusals of rules and calls that were none', async () => {
    expect(rulings(await backtest(limited('strikes', 1), [of(MESSAGES[4] ?? '')]))).toEqual([
      ['issue_refund#1', 'refuse', 'end', 'ceilings.run.strikes'],
    ])
    expect(rulings(await backtest(limited('strikes', 9), [of(MESSAGES[6] ?? '')]))).toEqual([
      ['strike#2', 'end', 'refuse', 'unusable'],
    ])
  })

  it('on a meter that nobody counted then is counted anew from confirmed calls', async () => {
    const find = deskAgent.definition.tools.get('find_order')
    const tools = new Map(deskAgent.definition.tools)
    if (find) tools.set('find_order', { ...find, meters: { finds: () => 1 } })
    const ceilings = [
      ...deskAgent.definition.ceilings,
      { scope: 'run', meter: 'finds', per: 'total', limit: 2, named: true } as const,
    ]
    const made = await backtest(now({ tools, ceilings }), [of(MESSAGES[5] ?? '')])
    expect(rulings(made)).toEqual([['find_order#3', 'allow', 'refuse', 'ceilings.run.finds']])
  })

  it('of a scope where nothing was counted is said to be unjudged', async () => {
    const ceilings = [
      ...deskAgent.definition.ceilings,
      { scope: 'agent', meter: 'refund_usd', per: 'day', limit: 1, named: true } as const,
    ]
    const made = await backtest(now({ ceilings }), [of('find W1; refund W1 12')])
    expect(made.changed).toEqual([])
    expect(made.unjudged).toEqual([{ ceiling: 'agent.refund_usd per day', times: 1 }])
  })

  it('without room does what the policy says of it', async () => {
    const { rules } = deskAgent.definition.policy
    const asked = escalate({ to: 'finance', within: '1h', otherwise: 'refuse' })
    const strict = limited('refund_usd', 10_000_000).definition
    const made = await backtest(
      now({
        ceilings: strict.ceilings,
        policy: { rules, onBreach: { refund_usd: asked }, stages: null, selfApproval: false, windDown: null },
      }),
      [of('find W1; refund W1 12')],
    )
    expect(made.changed[0]?.now).toMatchObject({ verdict: 'escalate', chain: [{ to: 'finance' }] })
  })
})

describe('a proposal', () => {
  it('of a tool that is gone is no call any more', async () => {
    const tools = new Map([...deskAgent.definition.tools].filter(([name]) => name !== 'find_order'))
    const made = await backtest(now({ tools }), [of('find W1; letter ann')])
    expect(rulings(made)).toEqual([['find_order#1', 'allow', 'refuse', 'unusable']])
  })

  it('that was no call is one where the schema takes it now', async () => {
    const refund = deskAgent.definition.tools.get('issue_refund')
    const find = deskAgent.definition.tools.get('find_order')
    const tools = new Map(deskAgent.definition.tools)
    if (refund && find) tools.set('issue_refund', { ...refund, input: find.input, meters: {} })
    const policy = { rules: {}, onBreach: {}, stages: null, selfApproval: false, windDown: null }
    const made = await backtest(now({ tools, policy }), [of(MESSAGES[6] ?? '')])
    expect(made.changed).toEqual([])
  })

  it('under a rule that throws is refused, with its fault', async () => {
    const rules = {
      find_order: () => {
        throw new Error('boom')
      },
    }
    const made = await backtest(
      now({ policy: { rules, onBreach: {}, stages: null, selfApproval: false, windDown: null } }),
      [of('find W1; letter ann')],
    )
    expect(made.changed[0]?.now).toMatchObject({ verdict: 'refuse', say: expect.stringContaining('boom') })
  })
})

it('says of erased bodies that they are, and judges ceilings all the same', async () => {
  const { run, entries, escalations } = of('find W1; refund W1 12')
  const bare = { run, escalations, entries: entries.map((e) => ({ ...e, body: null })) }
  const made = await backtest(limited('model_calls', 2), [bare])
  expect(made.erased).toEqual([run.runId])
  expect(made.unknown.map((u) => [u.tool, u.why])).toEqual([
    ['find_order', 'erased'],
    ['issue_refund', 'erased'],
  ])
  expect(rulings(made)).toEqual([['model#3', 'allow', 'end', 'ceilings.run.model_calls']])
})

it('passes over runs of other agents', async () => {
  const other = of('no')
  const made = await backtest(now({}), [{ ...other, run: { ...other.run, agent: 'another' } }])
  expect(made.runs).toBe(0)
})

it('judges the ceilings of a flow, and nothing else of it', async () => {
  const steps = flow({
    name: 'steps',
    version: 1,
    input: z.object({}),
    ceilings: { run: { tool_calls: 2 } },
    run: async (ctx) => {
      for (const id of ['a', 'b', 'c']) await ctx.try.tool(find, { id })
      return {}
    },
  })
  const find = tool({
    ...{ name: 'find', description: 'Finds.', input: z.object({ id: z.string() }), effect: 'read' },
    execute: async () => ({}),
  })
  const { ledger, say } = terminal({ options: { run: [steps] } })
  const { data } = await say('run', 'steps', '--input', '{}', '--json')
  const runs: Recording[] = []
  for await (const { facts } of readRuns(ledger, { runId: data.run.runId })) runs.push(facts)
  expect(await backtest(steps, runs)).toMatchObject({ changed: [], unknown: [], judged: 3 })
  const { definition } = steps
  const limitedTo = (limit: number) => ({
    name: 'steps',
    definition: {
      ...definition,
      ceilings: definition.ceilings.map((c) => (c.meter === 'tool_calls' ? { ...c, limit } : c)),
    },
  })
  expect(rulings(await backtest(limitedTo(1), runs))).toEqual([['find#2', 'allow', 'end', 'ceilings.run.tool_calls']])
  expect(rulings(await backtest(limitedTo(9), runs))).toEqual([['find#3', 'refuse', 'allow', null]])
})
