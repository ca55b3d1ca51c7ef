/** Agents and flows as users write them: what they show is that types are inferred. */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { agent, allow, asTool, escalate, fault, flow, type Midwatch, mcpTools, meter, refuse, tool } from 'midwatch'
import { type Act, expectSurvival, rehearse, scenario, scorecard } from 'midwatch/rehearse'
import { z } from 'zod'

interface Payments {
  refund(order: string, amount: number, key: string, signal: AbortSignal): Promise<string>
  find(key: string): Promise<string | null>
}
const payments: Payments = { refund: async () => 'r-1', find: async () => null }
const model = createOpenAICompatible({ name: 'x', baseURL: 'http://localhost:1' })('small')

// ---- a refund desk: every part of an agent's policy

export const refundUsd = meter('types_refund_usd', 'usd')

export const findOrder = tool({
  name: 'find_order',
  description: 'Finds an order.',
  input: z.object({ id: z.string() }),
  effect: 'read',
  attempts: 3,
  execute: async ({ id }) => ({ id, total: 12, placed: new Date(0) }),
})

export const issueRefund = tool({
  name: 'issue_refund',
  description: 'Refunds an order.',
  input: z.object({ orderId: z.string(), amount: z.number().positive() }),
  effect: 'checked',
  key: ({ orderId }, { message }) => `${orderId}:${message.key}`,
  locks: ({ orderId }) => `order:${orderId}`,
  meters: { [refundUsd.name]: ({ amount }) => amount },
  timeout: '10s',
  settles: '1m',
  lane: 'payments',
  check: async (_, { key }) => {
    const found = await payments.find(key)
    return found ? { did: 'happen', result: { refundId: found } } : { did: 'unknown' }
  },
  execute: async ({ orderId, amount }, call) => {
    if (amount > 1e6) throw fault.permanent('too_much')
    return { refundId: await payments.refund(orderId, amount, call.key, call.signal) }
  },
})

export const sendEmail = tool({
  name: 'send_email',
  description: 'Sends an e-mail.',
  input: z.object({ to: z.string(), text: z.string() }),
  output: z.object({ id: z.string() }),
  effect: 'keyed',
  keyRemembered: '30d',
  concurrent: true,
  repeat: 'refuse',
  execute: async ({ to }) => ({ id: to }),
})

export const desk = agent({
  name: 'refund-desk',
  version: 1,
  model: [model, { model, maxOutputTokens: 800, timeout: '30s' }],
  input: z.object({ message: z.string() }),
  outcome: z.object({ resolution: z.string() }),
  instructions: ({ message }, { tenant }) => `Resolve for ${tenant.toUpperCase()}: ${message.trim()}`,
  tools: [findOrder, issueRefund, sendEmail],
  stages: {
    identify: { allow: ['find_order'], next: ['resolve'], ceilings: { tool_calls: 5, types_refund_usd: 1 } },
    resolve: { about: 'Refund, and say so.', allow: ['issue_refund', 'send_email'], next: ['identify', 'over'] },
    over: { allow: [] },
  },
  rules: {
    issue_refund: ({ orderId, amount }, run) =>
      run.stage === 'over' || !run.did(findOrder, { id: orderId })
        ? refuse('policy', 'Look the order up first.')
        : amount.toFixed(2) > '100'
          ? escalate({ to: 'finance', within: '4h' }, { to: 'manager', within: '4h', otherwise: 'refuse' })
          : allow(),
  },
  ceilings: {
    run: { steps: 20, usd: '$0.25', active: '5m', deadline: '1d', types_refund_usd: 200 },
    session: { types_refund_usd: 500 },
    tenant: { usd: { per: 'day', max: '$50' }, types_refund_usd: { per: 'day', max: 2_000 } },
    agent: { tool_calls: { per: 'hour', max: 10_000 } },
  },
  onBreach: { types_refund_usd: 'tell', usd: escalate({ to: 'finance', within: '1h', otherwise: 'hand_over' }) },
  confidence: { below: 0.7, by: { verifier: model }, before: 'effects' },
  scores: [
    {
      name: 'short',
      by: 'code',
      of: (outcome, run) =>
        outcome.status === 'completed' && run.did(findOrder) ? 1 / outcome.output.resolution.length : null,
    },
    { name: 'helpful', by: { verifier: model }, ask: 'They got what they asked for.', sample: 0.1, on: ['completed'] },
    { by: 'reopened', within: '3d' },
  ],
  scoring: { ceilings: { run: { usd: '$0.02' }, tenant: { usd: { per: 'day', max: '$1' } } } },
})

// ---- on call: an act that nothing can check

const restart = tool({
  name: 'restart',
  description: 'Restarts a service.',
  input: z.object({ service: z.string() }),
  effect: 'once',
  module: import.meta.url,
  locks: ({ service }) => [service, 'restarts'],
  execute: async () => ({ ok: true }),
})

export const triage = agent({
  name: 'triage',
  version: 1,
  model,
  input: z.object({ alert: z.string() }),
  outcome: z.object({ cause: z.string() }),
  instructions: 'Find the cause.',
  tools: [restart],
  rules: {
    restart: ({ service }, run) =>
      service === 'db' || run.step > 10 ? escalate({ to: 'sre', within: '10m', otherwise: 'hand_over' }) : allow(),
  },
})

// ---- a session: what is kept between its runs is typed by its schema

export const concierge = agent({
  name: 'concierge',
  version: 2,
  model,
  input: z.object({ message: z.string() }),
  outcome: z.object({ resolution: z.string() }),
  askBack: { within: '1d' },
  session: {
    state: z.object({ order: z.string().nullable(), asked: z.number() }),
    version: 2,
    initial: { order: null, asked: 0 },
    migrate: (old, from) => ({ order: from === 1 ? String(old) : null, asked: 0 }),
    evolve: ({ order, asked }, { input, outcome, done }) => ({
      order: outcome.status === 'completed' ? outcome.output.resolution.trim() : order,
      asked: asked + input.message.length + done.length,
    }),
    idle: '30d',
    whileBusy: 'steer',
    gapWithin: '5m',
    remember: 10,
  },
  instructions: ({ message }, { tenant, state }) =>
    `For ${tenant.trim()}, order ${state.order?.trim() ?? 'unknown'}, question ${state.asked.toFixed()}: ${message}`,
  tools: [findOrder],
})

export const cart = flow({
  name: 'cart',
  version: 1,
  input: z.object({ add: z.string() }),
  session: { state: z.object({ items: z.array(z.string()) }), version: 1, initial: { items: [] } },
  run: async (ctx, { add }) => {
    await ctx.setState({ items: [...ctx.state.items, add.trim()] })
    return ctx.state.items.length
  },
})

// ---- flows: a person in the middle, branches, a nightly batch

export const invoice = flow({
  name: 'invoice',
  version: 1,
  input: z.object({ id: z.string(), usd: z.number() }),
  ceilings: { run: { usd: '$1', deadline: '3d' } },
  run: async (ctx, { id }) => {
    const answer = await ctx.ask({
      question: `Pay ${id}?`,
      answer: z.object({ ok: z.boolean() }),
      to: 'finance',
      within: '2d',
      otherwise: { ok: false },
    })
    if (!answer.ok) return ctx.refuse('policy', 'Finance said no.')
    const refund = await ctx.tool(issueRefund, { orderId: id, amount: 1 })
    return { paid: refund.refundId, at: ctx.now().getTime() }
  },
})

export const research = flow({
  name: 'research',
  version: 1,
  input: z.object({ first: z.string(), second: z.string() }),
  run: async (ctx, { first, second }) => {
    const [page, order] = await ctx.all([
      async (branch) => (await branch.model('read', { model, prompt: first })).text,
      async (branch) => branch.tool(findOrder, { id: second }),
    ])
    const total = await ctx.race([
      async (branch) => (await branch.tool(findOrder, { id: first })).total,
      async (branch) => branch.sleep('1m').then(() => null),
    ])
    return { letters: page.length, soon: total?.toFixed() ?? 'late', placed: order.placed.slice(0, 10) }
  },
})

export const reader = agent({
  name: 'reader',
  version: 1,
  model,
  input: z.object({ url: z.string() }),
  outcome: z.object({ facts: z.array(z.string()) }),
  instructions: 'Read.',
  tools: [findOrder],
})

export const lead = agent({
  name: 'lead',
  version: 1,
  model,
  input: z.string(),
  outcome: z.string(),
  instructions: 'Lead.',
  tools: [asTool(desk, 'Asks the desk.'), asTool(reader, 'Reads a page.')],
  rules: { reader: ({ url }) => (url.startsWith('https://') ? allow() : refuse('policy')) },
  ceilings: { run: { types_refund_usd: 100, depth: 2 } },
})

export const pages = flow({
  name: 'pages',
  version: 1,
  input: z.object({ urls: z.array(z.string()), from: z.number() }),
  run: async (ctx, { urls, from }) => {
    const url = urls[from]
    if (url === undefined) return { facts: 0 }
    const page = await ctx.agent(reader, { url }, { share: 0.5 })
    if (page.status === 'exhausted') return ctx.handOver('desk', `${page.meter} ${page.limit.toFixed()}`)
    const facts = page.status === 'completed' ? page.output.facts.length : 0
    return facts > 0 ? { facts } : ctx.continue({ urls, from: from + 1 })
  },
})

export const gaps = flow({
  name: 'gaps',
  version: 1,
  input: z.object({ urls: z.array(z.string()) }),
  run: async (ctx, { urls }) => {
    const read = await ctx.map(urls, { atOnce: 5, key: (url) => url }, async (branch, url) => {
      const page = await branch.agent(reader, { url })
      return page.status === 'completed' ? page.output.facts : branch.handOver('desk', page.status)
    })
    return { facts: read.done.flat(), gaps: read.not.map((row) => row.key.toUpperCase()) }
  },
})

export const nightly = flow({
  name: 'nightly',
  version: 1,
  input: z.object({ day: z.string() }),
  every: { cron: '0 2 * * *', tz: 'UTC', overlap: 'skip' },
  run: async (ctx, { day }) => {
    const rows = await ctx.read('rows', async (call) => [{ id: `${day}${call.attempt}`, due: new Date(0) }])
    const each = await ctx.map(rows, { atOnce: 20, key: (row) => `${day}:${row.id}` }, async (branch, row) =>
      branch.try.tool(findOrder, { id: row.id }),
    )
    const found = each.done.filter((one) => one.status === 'completed').map((one) => one.output.total)
    let completed = found.length - each.not.length
    for (const { id } of rows) {
      const again = await ctx.try.tool(findOrder, { id })
      if (again.status === 'completed' && again.output.total > 0) completed += 1
    }
    await ctx.sleep('1h')
    return completed === 0 ? ctx.handOver('desk', 'nothing was found') : { completed, from: rows[0]?.due.length }
  },
})

/** Never called: what a caller does with it. */
export async function asCaller(mw: Midwatch): Promise<string> {
  const run = await mw.start(desk, { input: { message: 'It broke.' }, key: 't-1', tenant: 'acme', deadline: '2h' })
  const ended = await run.outcome()
  const paid = await (await mw.start(invoice, { input: { id: '1', usd: 2 } })).outcome()
  if (paid.status === 'completed') return paid.output.paid.toUpperCase() + paid.output.at.toFixed()
  switch (ended.status) {
    case 'completed':
      return ended.output.resolution.toUpperCase()
    case 'refused':
      return `${ended.reason} ${ended.rule}`
    case 'exhausted':
      return `${ended.meter} ${ended.used.toFixed()} of ${ended.limit}`
    case 'handed_over':
    case 'failed':
    case 'killed':
      return ended.status
    default:
      return ended satisfies never
  }
}

// ---- a flow that runs by itself, with an input made of its tick

export const weekly = flow({
  name: 'weekly',
  version: 2,
  accepts: [1],
  input: z.object({ week: z.number() }),
  every: {
    cron: '0 6 * * mon',
    tz: 'Europe/Berlin',
    overlap: 'queue',
    missed: 'all',
    input: ({ day, at }) => ({ week: day.length + at.length }),
  },
  run: async (_, { week }) => week.toFixed(),
})

// ---- tools written inline: their meters are still the ones that ceilings may name

export const inlineTools = agent({
  name: 'inline',
  version: 1,
  model,
  input: z.string(),
  outcome: z.string(),
  instructions: '',
  tools: [
    tool({
      name: 'pay',
      description: '',
      input: z.object({ n: z.number() }),
      effect: 'read',
      meters: { paid: ({ n }) => n },
      execute: async () => 1,
    }),
    tool({
      name: 'look',
      description: '',
      input: z.object({ id: z.string() }),
      effect: 'read',
      execute: async () => 1,
    }),
  ],
  rules: { pay: ({ n }) => (n > 1 ? { verdict: 'allow' } : { verdict: 'allow' }) },
  ceilings: { run: { usd: '$0.25', steps: 3, paid: 4 } },
})

// ---- a rehearsal: the world's type reaches stand-ins, people and expectations

export const rehearsal = scenario({
  name: 'types',
  run: [desk],
  stories: [{ name: 'one', messages: [{ key: 'm1', input: { message: 'Refund W1' } }] }],
  world: () => ({ refunds: [] as Act[] }),
  model: ({ story }) => [{ text: story.name.toUpperCase() }],
  tools: (world) => ({ issue_refund: { execute: async () => world.refunds.length }, send_email: 'generated' }),
  people: ({ world, happened }) => (world.refunds.length > 1 || happened ? null : { decision: 'approve', by: 'ann' }),
  faults: { model_5xx: 0.2, people: 0 },
  expect: {
    outcomes: ['completed'],
    spend: '$0.25',
    that: ({ world }) => world.refunds.map(({ tool }) => tool.trim()),
  },
})

export async function rehearsed(): Promise<string[]> {
  const report = await rehearse(rehearsal, { mode: 'enumerate', faults: ['crash', 'tools'], naive: true })
  expectSurvival(report)
  return [scorecard(report), ...report.scenarios.flatMap(({ breaks }) => breaks.map(({ replay }) => replay))]
}

// ---- on-call triage over MCP: tools of a server beside one's own, with rules for both

const restartHost = tool({
  name: 'restart_host',
  description: 'Restarts a host.',
  input: z.object({ svc: z.string() }),
  effect: 'once',
  locks: ({ svc }) => svc,
  execute: async () => ({ ok: true }),
})
const grafana = mcpTools(
  { url: 'http://grafana.example/mcp', headers: { authorization: 'Bearer secret:GRAFANA_TOKEN' } },
  {
    allow: ['query_logs', 'list_alerts', 'silence'],
    effects: {
      query_logs: 'read',
      silence: {
        as: 'silence_alert',
        effect: 'checked',
        timeout: '5s',
        meters: { silences: (args) => Number(args.count ?? 1) },
        check: async (args, { key }, ask) => {
          const found = await ask('list_alerts', { id: args.id, key })
          return found === '' ? { did: 'not_happen' } : { did: 'happen', result: found }
        },
      },
    },
  },
)
export const triageOverMcp = agent({
  name: 'triage-over-mcp',
  version: 1,
  model,
  input: z.object({ alert: z.string() }),
  outcome: z.object({ cause: z.string() }),
  instructions: 'Find the cause.',
  tools: [restartHost, ...grafana],
  rules: {
    restart_host: ({ svc }, run) =>
      svc === 'db' || run.signals.includes('same_call')
        ? escalate({ to: 'sre', within: '10m', otherwise: 'hand_over' })
        : allow(),
    query_logs: (args) => (args.q ? allow() : refuse('unsafe_arguments')),
    silence_alert: () => escalate({ to: 'sre', within: '10m', otherwise: 'refuse' }),
  },
  ceilings: { run: { silences: 2 } },
})
