/** What must not compile: mistakes, and options that nothing enforces yet. Nothing of it is ever called. */

import type { StandardSchemaV1 } from '@standard-schema/spec'
import type * as surface from 'midwatch'
import {
  agent,
  allow,
  asTool,
  type Ctx,
  type Duration,
  escalate,
  flow,
  type Midwatch,
  mcpTools,
  refuse,
  tool,
  type Usd,
} from 'midwatch'
import { rehearse, scenario } from 'midwatch/rehearse'
import { z } from 'zod'
import { desk, findOrder, issueRefund, rehearsal } from './agents.js'

declare const bare: StandardSchemaV1<unknown, { a: string }>
const base = { name: 'a', description: '', input: z.object({ id: z.string() }), execute: async () => 1 }
const policy = {
  name: 'x',
  version: 1,
  model: {} as never,
  input: z.string(),
  outcome: z.string(),
  instructions: '',
  tools: [findOrder, issueRefund],
} as const

const leads = { ...policy, tools: [asTool(desk, 'asks')] } as const

/** What is varied below compiles as it stands: each mistake is the only one. */
export function right(): void {
  tool({ ...base, effect: 'read' })
  tool({ ...base, effect: 'checked', check: async () => ({ did: 'happen', result: 1 }) })
  tool({ ...base, effect: 'once' })
  tool({ ...base, effect: 'once', undoes: { tool: issueRefund, key: ({ id }, { message }) => `${id}:${message.key}` } })
  agent(policy)
  agent({ ...leads, ceilings: { run: { depth: 2, types_refund_usd: 1 } }, rules: { 'refund-desk': () => allow() } })
  agent({
    ...policy,
    tripwires: [
      { name: 'turned', on: 'rate', of: 'refusals', above: 0.5, over: 'hour', do: 'hold' },
      {
        name: 'cost',
        on: 'spend',
        above: '$0.50',
        over: 'day',
        do: { tighten: { types_refund_usd: { per: 'day', max: 5 } } },
      },
      { name: 'dearer', on: 'alarm', of: 'tokens', do: 'tell' },
    ],
  })
  agent({ ...policy, ceilings: { run: { steps: 20, types_refund_usd: 1 } }, rules: { issue_refund: () => allow() } })
  agent({ ...policy, confidence: { below: 0.7, by: { samples: 3 }, before: 'effects', otherwise: 'refuse' } })
  agent({ ...policy, scores: [{ name: 'good', by: 'code', of: () => 0.5 }] })
  flow({ name: 'f', version: 1, input: z.string(), run: async () => 1 })
  flow({ ...whole, tools: [issueRefund], ceilings: { run: { types_refund_usd: 1, steps: 3 } } })
}

const whole = { name: 'f', version: 1, input: z.string(), run: async () => 1 } as const

export function schedules(): void {
  const day = z.object({ day: z.string() })
  const every = { cron: '0 2 * * *', tz: 'UTC', overlap: 'skip' } as const
  flow({ name: 'f', version: 1, input: day, every, run: async () => 1 })
  // @ts-expect-error what becomes of a tick while the last run goes on must be said
  flow({ name: 'f', version: 1, input: day, every: { cron: '0 2 * * *', tz: 'UTC' }, run: async () => 1 })
  // @ts-expect-error no such rule for missed ticks
  flow({ name: 'f', version: 1, input: day, every: { ...every, missed: 'first' }, run: async () => 1 })
  // @ts-expect-error an input that is none of the flow's
  flow({ name: 'f', version: 1, input: day, every: { ...every, input: () => ({ night: 1 }) }, run: async () => 1 })
  // @ts-expect-error a version is a number
  flow({ name: 'f', version: 2, accepts: ['1'], input: day, run: async () => 1 })
}

export function tools(): void {
  // @ts-expect-error checked needs a check
  tool({ ...base, effect: 'checked' })
  // @ts-expect-error keyed must say how long its key is remembered
  tool({ ...base, effect: 'keyed' })
  // @ts-expect-error once has one attempt
  tool({ ...base, effect: 'once', attempts: 3 })
  // @ts-expect-error a read has no key
  tool({ ...base, effect: 'read', key: () => 'k' })
  // @ts-expect-error nobody need allow a read
  tool({ ...base, effect: 'read', people: 2 })
  // @ts-expect-error two people are enough
  tool({ ...base, effect: 'once', people: 3 })
  // @ts-expect-error a read takes nothing back
  tool({ ...base, effect: 'read', undoes: { tool: issueRefund, key: () => 'k' } })
  // @ts-expect-error what is taken back has a key
  tool({ ...base, effect: 'once', undoes: { tool: issueRefund } })
  // @ts-expect-error the key is made of this tool's own input
  tool({ ...base, effect: 'once', undoes: { tool: issueRefund, key: ({ orderId }) => orderId } })
  // @ts-expect-error an effect class that is none
  tool({ ...base, effect: 'write' })
  // @ts-expect-error the effect class must be said
  tool({ ...base })
  // @ts-expect-error a check gives the type that execute gives
  tool({ ...base, effect: 'checked', check: async () => ({ did: 'happen', result: 'no' }) })
  // @ts-expect-error a check may not answer null
  tool({ ...base, effect: 'checked', check: async () => null })
  // @ts-expect-error a happened effect has a result
  tool({ ...base, effect: 'checked', check: async () => ({ did: 'happen' }) })
  // @ts-expect-error a plain Standard Schema cannot be shown to a model
  tool({ name: 'a', description: '', input: bare, effect: 'read', execute: async () => 1 })
  // @ts-expect-error a meter is charged a number
  tool({ ...base, effect: 'read', meters: { emails: () => '1' } })
  // @ts-expect-error a lock has a name
  tool({ ...base, effect: 'read', locks: () => 7 })
}

const kept = { state: z.object({ count: z.number() }), version: 1, initial: { count: 0 } } as const

export function sessions(): void {
  agent({ ...policy, session: { ...kept, evolve: ({ count }) => ({ count: count + 1 }) } })
  // @ts-expect-error a state has a version
  agent({ ...policy, session: { state: kept.state, initial: kept.initial } })
  // @ts-expect-error a state begins somewhere
  agent({ ...policy, session: { state: kept.state, version: 1 } })
  // @ts-expect-error what it begins with fits
  agent({ ...policy, session: { ...kept, initial: { count: 'none' } } })
  // @ts-expect-error what it becomes fits
  agent({ ...policy, session: { ...kept, evolve: () => ({ counted: 1 }) } })
  // @ts-expect-error a policy that is none
  agent({ ...policy, session: { whileBusy: 'later' } })
  // @ts-expect-error an instruction knows the state by its schema
  agent({ ...policy, session: kept, instructions: (_, { state }) => state.total })
  // @ts-expect-error without a contract there is no state
  agent({ ...policy, instructions: (_, { state }) => state.count })
  // @ts-expect-error a duration has a unit
  agent({ ...policy, askBack: { within: '5' } })
  // @ts-expect-error a flow without a contract writes no state
  flow({ ...whole, run: async (ctx) => ctx.setState({ count: 1 }) })
  // @ts-expect-error what a flow writes fits
  flow({ ...whole, session: kept, run: async (ctx) => ctx.setState({ count: 'one' }) })
}

export function policies(): void {
  // @ts-expect-error a level has no window
  agent({ ...policy, ceilings: { tenant: { depth: { per: 'day', max: 2 } } } })
  // @ts-expect-error a session is no deeper than its runs
  agent({ ...policy, ceilings: { session: { depth: 2 } } })
  // @ts-expect-error a rule of an agent among the tools reads that agent's input
  agent({ ...leads, rules: { 'refund-desk': ({ text }) => (text ? allow() : allow()) } })
  // @ts-expect-error a meter that neither a tool nor an agent among them charges
  agent({ ...leads, ceilings: { run: { refund_eur: 1 } } })
  // @ts-expect-error a misspelt ceiling
  agent({ ...policy, ceilings: { run: { stepz: 20 } } })
  // @ts-expect-error a meter that no tool charges
  agent({ ...policy, ceilings: { run: { refund_eur: 20 } } })
  // @ts-expect-error dollars are no bare number
  agent({ ...policy, ceilings: { run: { usd: 25 } } })
  // @ts-expect-error a time is no bare number
  agent({ ...policy, ceilings: { run: { active: 25 } } })
  // @ts-expect-error a session has no deadline
  agent({ ...policy, ceilings: { session: { deadline: '1d' } } })
  // @ts-expect-error a tenant's ceiling has a window
  agent({ ...policy, ceilings: { tenant: { steps: 20 } } })
  // @ts-expect-error a window that is none
  agent({ ...policy, ceilings: { tenant: { steps: { per: 'year', max: 20 } } } })
  // @ts-expect-error a scope that is none
  agent({ ...policy, ceilings: { company: { steps: 20 } } })
  // @ts-expect-error a rule for a tool that it has not
  agent({ ...policy, rules: { nope: () => allow() } })
  // @ts-expect-error the amount is a number
  agent({ ...policy, rules: { issue_refund: ({ amount }) => (amount.length ? allow() : allow()) } })
  // @ts-expect-error a rule is no promise
  agent({ ...policy, rules: { issue_refund: async () => allow() } })
  // @ts-expect-error a breach that is none
  agent({ ...policy, onBreach: { steps: 'ignore' } })
  // @ts-expect-error a breach of a meter that no tool charges
  agent({ ...policy, onBreach: { refund_eur: 'tell' } })
  // @ts-expect-error no such tool in a stage
  agent({ ...policy, stages: { one: { allow: ['issue_refnd'] } } })
  // @ts-expect-error no such next stage
  agent({ ...policy, stages: { one: { allow: ['find_order'], next: ['tow'] }, two: { allow: [] } } })
  // @ts-expect-error a stage says what it allows
  agent({ ...policy, stages: { one: { next: ['two'] }, two: { allow: [] } } })
  // @ts-expect-error a stage's ceiling on a meter that no tool charges
  agent({ ...policy, stages: { one: { allow: [], ceilings: { refund_eur: 1 } } } })
  // @ts-expect-error a deadline is the run's
  agent({ ...policy, stages: { one: { allow: [], ceilings: { deadline: '1h' } } } })
  // @ts-expect-error instructions read the input as it is
  agent({ ...policy, instructions: (input) => input.message })
  // @ts-expect-error an agent has a model
  agent({ ...policy, model: [] as const })
  // @ts-expect-error the last rung says what holds when nobody answers
  escalate({ to: 'finance', within: '4h' })
  // @ts-expect-error a reason that is none
  refuse('because')
}

export async function flows(ctx: Ctx, mw: Midwatch): Promise<void> {
  // @ts-expect-error a meter of a tool that the flow does not declare
  flow({ ...whole, ceilings: { run: { types_refund_usd: 1 } } })
  // @ts-expect-error a meter that no declared tool charges
  flow({ ...whole, tools: [findOrder], ceilings: { run: { types_refund_usd: 1 } } })
  // @ts-expect-error wrong arguments
  await ctx.tool(issueRefund, { orderId: 1, amount: 1 })
  // @ts-expect-error a missing argument
  await ctx.tool(issueRefund, { orderId: 'A-1' })
  const order = await ctx.tool(findOrder, { id: '1' })
  // @ts-expect-error the result is typed
  void order.nope
  // @ts-expect-error a Date is text when it comes back from the journal, and on the first pass too
  order.placed.getTime()
  const tried = await ctx.try.tool(findOrder, { id: '1' })
  // @ts-expect-error a refusal has no output
  void tried.output
  const rows = await ctx.read('rows', async () => [{ call: () => 1 }])
  // @ts-expect-error a function does not come back from the journal
  rows[0]?.call()
  // @ts-expect-error a question has a default
  await ctx.ask({ question: '?', answer: z.boolean(), to: 'ann', within: '1h' })
  // @ts-expect-error two people are enough
  await ctx.ask({ question: '?', answer: z.boolean(), to: 'ann', within: '1h', otherwise: false, people: 3 })
  // @ts-expect-error a bare answer has no place for names
  void (await ctx.ask({ question: '?', answer: z.boolean(), to: 'ann', within: '1h', otherwise: false, people: 2 })).by
  // @ts-expect-error a default is an answer
  await ctx.ask({ question: '?', answer: z.boolean(), to: 'ann', within: '1h', otherwise: 'no' })
  // @ts-expect-error the input of the agent that is called
  await ctx.agent(desk, { msg: '' })
  // @ts-expect-error a share is a number
  await ctx.agent(desk, { message: '' }, { share: 'half' })
  const called = await ctx.agent(desk, { message: '' })
  // @ts-expect-error how the other one ended must be looked at first
  void called.output.resolution
  // @ts-expect-error what continues a run is returned, not a value
  void ctx.continue({ id: '1' }).output
  // @ts-expect-error rows have keys
  await ctx.map([1], { atOnce: 5 }, async () => 1)
  // @ts-expect-error so many at once
  await ctx.map([1], { key: String }, async () => 1)
  const mapped = await ctx.map([{ at: new Date(0) }], { atOnce: 5, key: () => '1' }, async (_, row) => {
    // @ts-expect-error a Date is text when an item is taken up
    row.at.getTime()
    return row.at.length > 3 ? ctx.refuse('policy', 'no') : row.at
  })
  // @ts-expect-error what came to nothing has no output
  void mapped.not[0]?.outcome.output
  // @ts-expect-error a row that was refused is not among those that are done
  void (mapped.done satisfies number[])
  // @ts-expect-error a race has a branch
  await ctx.race([])
  // @ts-expect-error a branch of a race gives what it gives
  void ((await ctx.race([async () => 1, async () => 'two'])) satisfies number)
  // @ts-expect-error a length of time is text
  await ctx.sleep(1_000)
  // @ts-expect-error wrong input
  await mw.start(desk, { input: { msg: '' } })
  // @ts-expect-error wrong message
  await mw.send(desk, 'session', { msg: '' }, { key: 'k' })
  // @ts-expect-error a message has a key
  await mw.send(desk, 'session', { message: '' }, {})
  const ended = await (await mw.start(desk, { input: { message: '' } })).outcome()
  // @ts-expect-error the outcome must be looked at first
  void ended.output.resolution
}

export function texts(): unknown[] {
  const right: Duration = '10s'
  // @ts-expect-error whole numbers, written out
  const exponent: Duration = '1e3s'
  // @ts-expect-error no space
  const space: Duration = '5 m'
  // @ts-expect-error no fractions
  const fraction: Duration = '1.5h'
  // @ts-expect-error no weeks
  const weeks: Duration = '1w'
  // It compiles all the same: the run-time check refuses it.
  const negative: Duration = '-5m'
  // @ts-expect-error dollars begin with their sign
  const bareDollars: Usd = '5'
  return [right, exponent, space, fraction, weeks, negative, bareDollars]
}

export async function rehearsals(): Promise<void> {
  const right = { name: 'x', run: [desk], stories: [{ name: 'a', messages: [{ input: {} }] }] } as const
  scenario(right)
  scenario({ ...right, stories: ['a', 'b'].map((name) => ({ name, messages: [{ input: {} }] })) })
  // @ts-expect-error a story without messages
  scenario({ ...right, stories: [{ name: 'a' }] })
  // @ts-expect-error no such fault
  scenario({ ...right, faults: { weather: 1 } })
  // @ts-expect-error no such outcome
  scenario({ ...right, expect: { outcomes: ['done'] } })
  // @ts-expect-error dollars begin with their sign
  scenario({ ...right, expect: { spend: '5' } })
  // @ts-expect-error not of this world
  scenario({ ...right, world: () => ({ paid: 1 }), expect: { that: ({ world }) => [world.refunds] } })
  // @ts-expect-error no such mode
  await rehearse(rehearsal, { mode: 'dream' })
  // @ts-expect-error neither a fault nor a layer
  await rehearse(rehearsal, { faults: ['weather'] })
}

/** Tools of a server have no names but those that are allowed. */
export function ofServers(): void {
  const at = { url: 'http://localhost:1' }
  const tools = mcpTools(at, { allow: ['query_logs'], effects: { query_logs: 'read' } })
  agent({ ...policy, tools, rules: { query_logs: () => allow() } })
  // @ts-expect-error a class of a tool that is not allowed
  mcpTools(at, { allow: ['query_logs'], effects: { query_log: 'read' } })
  // @ts-expect-error no such class
  mcpTools(at, { allow: ['query_logs'], effects: { query_logs: 'twice' } })
  // @ts-expect-error a word is no check
  mcpTools(at, { allow: ['query_logs'], effects: { query_logs: 'checked' } })
  // @ts-expect-error checked needs a check
  mcpTools(at, { allow: ['query_logs'], effects: { query_logs: { effect: 'checked' } } })
  // @ts-expect-error once is not tried again
  mcpTools(at, { allow: ['query_logs'], effects: { query_logs: { effect: 'once', attempts: 2 } } })
  // @ts-expect-error neither a command nor an address
  mcpTools({ host: 'x' }, { allow: ['query_logs'] })
  // @ts-expect-error a rule of a tool that is not allowed
  agent({ ...policy, tools, rules: { list_alerts: () => allow() } })
  // @ts-expect-error a ceiling on what no tool charges
  agent({ ...policy, tools, ceilings: { run: { silences: 2 } } })
}

export function unsure(): void {
  // @ts-expect-error one answer agrees with nobody: there must be an estimator
  agent({ ...policy, confidence: { below: 0.7, before: 'effects' } })
  // @ts-expect-error reads are not asked about
  agent({ ...policy, confidence: { below: 0.7, by: { samples: 3 }, before: 'reads' } })
  // @ts-expect-error what is below the bar is not let pass
  agent({ ...policy, confidence: { below: 0.7, by: { samples: 3 }, before: 'effects', otherwise: 'allow' } })
  // @ts-expect-error a model is asked something
  agent({ ...policy, scores: [{ name: 'good', by: { verifier: policy.model } }] })
  // @ts-expect-error a score is a number
  agent({ ...policy, scores: [{ name: 'good', by: 'code', of: () => 'high' }] })
}

/** Each lands with what makes it true. */
export async function notYet(ctx: Ctx): Promise<void> {
  // @ts-expect-error a model that says itself how sure it is
  agent({ ...policy, confidence: { below: 0.7, by: 'self', before: 'effects' } })
  // @ts-expect-error a tool that stands in for another
  tool({ ...base, effect: 'read', fallback: findOrder })
  // @ts-expect-error a write into the ledger's own transaction
  tool({ ...base, effect: 'transactional' })
  // @ts-expect-error an event from outside
  await ctx.event('paid')
  const rules = {
    // @ts-expect-error it is null where nobody was asked
    find_order: (_: object, run: surface.Facts) => (run.confidence < 0.5 ? refuse('policy') : allow()),
    issue_refund: (_: object, run: surface.Facts) => (run.signals.includes('same_call') ? allow() : allow()),
  }
  agent({ ...policy, rules })
}

export function tripwires(): void {
  const rate = { name: 'a', on: 'rate', of: 'refusals', above: 0.5, over: 'hour', do: 'hold' } as const
  agent({ ...policy, tripwires: [rate] })
  // @ts-expect-error there is no such rate
  agent({ ...policy, tripwires: [{ ...rate, of: 'refusal' }] })
  // @ts-expect-error nor such a signal
  agent({ ...policy, tripwires: [{ ...rate, of: 'signal:same_cal' }] })
  // @ts-expect-error a week is no window of a tripwire
  agent({ ...policy, tripwires: [{ ...rate, over: 'week' }] })
  // @ts-expect-error it tightens; nothing is loosened by itself
  agent({ ...policy, tripwires: [{ ...rate, do: 'release' }] })
  // @ts-expect-error no tool charges that meter
  agent({ ...policy, tripwires: [{ ...rate, do: { tighten: { refunds: { per: 'day', max: 1 } } } }] })
  // @ts-expect-error a ceiling of operators has a window
  agent({ ...policy, tripwires: [{ ...rate, do: { tighten: { steps: 5 } } }] })
  // @ts-expect-error money is written as money
  agent({ ...policy, tripwires: [{ name: 'a', on: 'spend', above: 0.5, over: 'hour', do: 'hold' }] })
  // @ts-expect-error what is not watched does not change
  agent({ ...policy, tripwires: [{ name: 'a', on: 'alarm', of: 'mood', do: 'hold' }] })
}
