import { z } from 'zod'
import type { JsonValue } from '../../src/core/json.js'
import { allow, escalate } from '../../src/govern/verdict.js'
import { agent } from '../../src/orchestrator/agent.js'
import { scenario } from '../../src/rehearse/define.js'
import type { After, Asked, Message, PersonSays, Scenario, Stage, StandIn } from '../../src/rehearse/scenario.js'
import type { Act } from '../../src/rehearse/verdict.js'
import { scriptedModel } from '../../src/testing/scripted-model.js'
import { fault } from '../../src/tools/fault.js'
import { meter } from '../../src/tools/meter.js'
import { type Call, tool } from '../../src/tools/tool.js'
import { notAtRest } from './at-rest.js'
import { scriptOf } from './gold-script.js'

/** What the tenant may pay out in a month, and what the agent may pay without a person. */
const PURSE_USD = 100
const ALONE_USD = 50
const HOUR_MS = 3_600_000

const CALLS = z.object({ calls: z.array(z.object({ tool: z.string(), args: z.record(z.string(), z.unknown()) })) })
type Calls = z.infer<typeof CALLS>['calls']

const paidUsd = meter('paid_usd', 'usd')
const rings = meter('rings', 'count')
const nothing = async (): Promise<unknown> => null

/** A tool for each effect class; none of the APIs behind them knows a key, but for `tell`. */
const look = tool({
  name: 'look',
  description: 'Read.',
  input: z.object({ of: z.string() }),
  effect: 'read',
  timeout: '2s',
  execute: nothing,
})
const pay = tool({
  name: 'pay',
  description: 'Pay an order back.',
  input: z.object({ order: z.string(), usd: z.number().positive() }),
  effect: 'checked',
  attempts: 5,
  timeout: '2s',
  settles: '1s',
  key: ({ order }, { message }) => `${order}:${message.key}`,
  locks: ({ order }) => `order:${order}`,
  meters: { [paidUsd.name]: ({ usd }) => usd },
  check: async () => ({ did: 'unknown' }),
  execute: nothing,
})
const tell = tool({
  name: 'tell',
  description: 'Send.',
  input: z.object({ text: z.string() }),
  effect: 'keyed',
  keyRemembered: '1h',
  timeout: '2s',
  execute: nothing,
})
const ring = tool({
  name: 'ring',
  description: 'Ring a bell.',
  input: z.object({ bell: z.string() }),
  effect: 'once',
  isolate: 'none',
  timeout: '2s',
  meters: { [rings.name]: () => 1 },
  execute: nothing,
})

const wharfHand = agent({
  name: 'wharf-hand',
  version: 1,
  model: { model: scriptedModel({ replies: [] }), maxOutputTokens: 200, timeout: '5s' },
  input: CALLS,
  outcome: z.object({ calls: z.number() }),
  instructions: 'Make the calls.',
  tools: [look, pay, tell, ring],
  rules: {
    pay: ({ usd }) => (usd <= ALONE_USD ? allow() : escalate({ to: 'mate', within: '2h', otherwise: 'refuse' })),
  },
  ceilings: {
    run: { usd: '$1', retries: 30, deadline: '3h' },
    tenant: { paid_usd: { per: 'month', max: PURSE_USD }, rings: { per: 'hour', max: 20 } },
  },
  onBreach: { paid_usd: 'tell' },
})

const call = (tool: string, args: Record<string, unknown>) => ({ tool, args })
const payOf = (order: string, usd = 40) => call('pay', { order, usd })
const message = (key: string, calls: Calls, more: Partial<Message> = {}): Message => ({
  key,
  input: { calls },
  ...more,
})

/** Small stories, each of which gives some rule of the kernel something to do. */
const STORIES = [
  {
    name: 'all classes',
    messages: [
      message('m', [
        call('look', { of: 'a' }),
        payOf('a'),
        call('tell', { text: 'paid a' }),
        call('ring', { bell: 'b' }),
      ]),
    ],
  },
  { name: 'two tenants, one key', messages: ['t', 'u'].map((tenant) => message('m', [payOf('a')], { tenant })) },
  {
    name: 'two sessions, one order',
    messages: ['s', 't'].map((session) => message(session, [payOf('a')], { session })),
  },
  { name: 'one purse', messages: ['1', '2', '3', '4'].map((key) => message(key, [payOf(`o${key}`)])) },
  { name: 'asks first', messages: [message('m', [payOf('a', 80), call('tell', { text: 'paid a' })])] },
  {
    name: 'in order',
    messages: ['1', '2', '3'].map((key) => message(key, [call('tell', { text: key })], { session: 's' })),
  },
  { name: 'bells', messages: ['1', '2'].map((key) => message(key, [call('ring', { bell: key })])) },
  { name: 'pays thrice', messages: [message('m', [payOf('a', 20), payOf('b', 20), payOf('c', 20)])] },
] as const

/** What the APIs did, in order. They act whenever they are called. */
class Wharf {
  readonly acts: Act[] = []
  constructor(private readonly stage: Stage) {}

  /** Where two come for one order, it looks whether that was paid, and then pays: two who do it at once both pay. */
  async pay(input: { order: string; usd: number }, { key, tenant, runId }: Call): Promise<unknown> {
    const looks = this.stage.story.name.startsWith('two sessions')
    if (looks && this.acts.some((act) => act.tool === 'pay' && isFor(act, input.order, tenant)))
      throw fault.permanent('paid_already')
    await this.stage.sleep(this.stage.chance.between(20, 400, `pay ${key} ${this.acts.length}`))
    return this.did({ tool: 'pay', key, tenant, runId, input: { ...input, tenant } })
  }

  did(act: Act): { no: number } {
    this.acts.push(act)
    return { no: this.acts.length }
  }

  /** An account is a tenant's own, and so are its keys. */
  under({ key, tenant }: Call): Act | undefined {
    return this.acts.find((act) => act.key === key && (act.input as { tenant: string }).tenant === tenant)
  }
}

const isFor = ({ input }: Act, order: string, tenant: string) =>
  (input as { order: string }).order === order && (input as { tenant: string }).tenant === tenant

function standIns(wharf: Wharf): Record<string, StandIn> {
  const plain =
    (tool: string) =>
    async (input: object, { key, runId, tenant }: Call) =>
      wharf.did({ tool, key, tenant, runId, input: { ...input, tenant } as JsonValue })
  return {
    look: { execute: async () => ({ acts: wharf.acts.length }) },
    pay: {
      execute: (input, call) => wharf.pay(input, call),
      check: async (_, call) => (wharf.under(call) ? { did: 'happen', result: null } : { did: 'not_happen' }),
    },
    tell: { execute: async (input, call) => (wharf.under(call) ? { no: 0 } : plain('tell')(input, call)) },
    ring: { execute: plain('ring') },
  }
}

/** Takes an hour and more over doubts, so that windows change; grants what is asked, but nothing twice. */
function mate({ escalation, happened }: Asked<Wharf>): PersonSays {
  const by = 'mate'
  if (escalation.kind === 'doubt')
    return { decision: happened ? 'happened' : 'not_happened', by, afterMs: 1.5 * HOUR_MS }
  return { decision: escalation.show.includes('"repeat":true') ? 'deny' : 'approve', by, afterMs: 60_000 }
}

/** Beyond the invariants: what was paid fits order, purse and approval. */
function notAsAgreed({ world, facts, story }: After<Wharf>): string[] {
  const paid = world.acts
    .filter(({ tool }) => tool === 'pay')
    .map(({ input }) => input as { order: string; usd: number; tenant: string })
  const names = paid.map(({ order, tenant }) => `${tenant}/${order}`)
  const twice = names.filter((name, i) => names.indexOf(name) !== i)
  const approved = facts.flatMap(({ escalations }) => escalations).some(({ decision }) => decision === 'approve')
  const ended = facts.filter(({ run }) => run.outcome === 'completed')
  return [
    ...twice.map((name) => `${name} was paid twice.`),
    ...(paid.some(({ usd }) => usd > ALONE_USD) && !approved ? ['Nobody approved what was paid.'] : []),
    ...(story.name === 'one purse' && sum(paid) > PURSE_USD ? [`$${sum(paid)} left the purse.`] : []),
    ...(story.name.startsWith('two tenants') && ended.length > paid.length ? ['A run completed and did not pay.'] : []),
  ]
}

const sum = (paid: readonly { usd: number }[]) => paid.reduce((total, { usd }) => total + usd, 0)

/** A place where every rule of the kernel has something to do: what a sabotaged build is put through. */
export const wharf: Scenario = scenario<Wharf>({
  name: 'wharf',
  run: [wharfHand],
  stories: STORIES as unknown as Parameters<typeof scenario>[0]['stories'],
  world: (stage) => new Wharf(stage),
  model:
    () =>
    ({ messages }) => {
      const asked = messages.find(({ role }) => role === 'user')
      const { calls } = JSON.parse(asked && 'text' in asked ? asked.text : '{}') as { calls: Calls }
      const said = scriptOf(calls.map((one) => ({ ...one, write: one.tool !== 'look', refusal: 'paid_already' })))(
        messages,
      )
      return said
    },
  tools: standIns,
  acts: (world) => world.acts,
  people: mate,
  within: '4h',
  expect: { that: (after) => [...notAtRest(after), ...notAsAgreed(after)] },
})
