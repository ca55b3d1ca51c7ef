import { z } from 'zod'
import { sha256 } from '../../src/core/digest.js'
import { agent } from '../../src/orchestrator/agent.js'
import { flow } from '../../src/orchestrator/flow.js'
import { scriptedModel } from '../../src/testing/index.js'
import { fault } from '../../src/tools/fault.js'
import { meter } from '../../src/tools/meter.js'
import { tool } from '../../src/tools/tool.js'

/** The meter that everybody is after. */
const tickets = meter('tickets', 'count')
export const BRANCHES = 10
const PROPOSALS = 8

const input = z.object({ id: z.string(), amount: z.number() })
const meters = { [tickets.name]: ({ amount }: { amount: number }) => amount }

/** What becomes of an attempt is drawn from its key: some are told to come back, some lose their answer. */
const drawn = (key: string, of: number): number => Number.parseInt(sha256(key).slice(0, 8), 16) % of

const taking = <const N extends string>(name: N) =>
  tool({
    name,
    description: 'Take tickets.',
    input,
    effect: 'keyed',
    keyRemembered: '1h',
    concurrent: true,
    timeout: '20s',
    key: ({ id }, { origin }) => `${origin}:${id}`,
    meters,
    execute: async ({ amount }, call) => {
      await new Promise((later) => setTimeout(later, drawn(`${call.key} pause`, 20)))
      const fate = call.attempt > 1 ? 9 : drawn(call.key, 6)
      if (fate < 2) throw fault.notPerformed('busy')
      if (fate === 2) throw new Error('connection reset')
      return { amount }
    },
  })
const take = taking('take')
const grab = taking('grab')

/** Its answer is lost for good: only a person could say what became of it, and its tickets stay reserved. */
const lose = tool({
  name: 'lose',
  description: 'Take tickets and lose the answer.',
  input,
  effect: 'once',
  isolate: 'none',
  meters,
  execute: async () => {
    throw new Error('connection reset')
  },
})

const amountOf = (id: string) => 1 + drawn(id, 3)

/** Takes or grabs in so many branches side by side. */
export const rush = flow({
  name: 'rush',
  version: 1,
  input: z.object({ no: z.number() }),
  ceilings: { run: { steps: 200, tool_calls: 200, attempts: 400, retries: 200 } },
  run: (ctx, { no }) =>
    ctx.all(
      Array.from({ length: BRANCHES }, (_, i) => async (c: typeof ctx) => {
        const id = `${no}.${i}`
        return (await c.try.tool(i % 2 === 0 ? take : grab, { id, amount: amountOf(id) })).status
      }),
    ),
})

export const lost = flow({
  name: 'lost',
  version: 1,
  input: z.object({ no: z.number() }),
  run: async (ctx, { no }) => (await ctx.try.tool(lose, { id: `lost ${no}`, amount: 1 })).status,
})

/** Proposes so many takes, one after the other, then ends; the first call of each run meets a server's error. */
const greedy = scriptedModel({
  replies: ({ messages, call }) => {
    if (call % 7 === 1) return { fault: 'server_error' }
    if (messages.some((m) => m.role === 'tool')) return { toolCalls: [{ name: 'complete', input: { took: 1 } }] }
    const said = messages.map((m) => (m.role === 'user' ? m.text : '')).join('')
    const takes = Array.from({ length: PROPOSALS }, (_, i) => ({ id: `${i}`, amount: amountOf(`${said} ${i}`) }))
    return { toolCalls: takes.map((one) => ({ name: 'take', input: one })) }
  },
})

/** What the policy allows, in each scope it can name. */
const POLICY = { session: 6, tenant: 12, agent: 20 } as const

export const spree = agent({
  name: 'spree',
  version: 1,
  model: greedy,
  input: z.object({ no: z.number() }),
  outcome: z.object({ took: z.number() }),
  instructions: 'Take all you can.',
  tools: [take],
  ceilings: {
    run: { retries: 100 },
    session: { tickets: POLICY.session },
    tenant: { tickets: { per: 'day', max: POLICY.tenant } },
    agent: { tickets: { per: 'month', max: POLICY.agent } },
  },
})

export const SERVED = [rush, lost, spree] as const
