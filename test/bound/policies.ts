import fc from 'fast-check'
import { z } from 'zod'
import type { Ledger } from '../../src/core/ledger.js'
import { agent } from '../../src/orchestrator/agent.js'
import { scenario } from '../../src/rehearse/define.js'
import { play } from '../../src/rehearse/play.js'
import { boundedOf, boundOf } from '../../src/runtime/bounded.js'
import { type ScriptedRequest, scriptedModel } from '../../src/testing/index.js'
import { meter } from '../../src/tools/meter.js'
import { tool } from '../../src/tools/tool.js'

const paidUsd = meter('paid_usd', 'usd')
const mails = meter('mails', 'count')

const pay = tool({
  name: 'pay',
  description: 'Pays.',
  input: z.object({ id: z.string(), amount: z.number() }),
  effect: 'keyed',
  keyRemembered: '24h',
  key: ({ id }) => id,
  meters: { [paidUsd.name]: ({ amount }) => amount },
  execute: async ({ amount }) => ({ paid: amount }),
})
const mail = tool({
  name: 'mail',
  description: 'Mails.',
  input: z.object({ id: z.string() }),
  effect: 'keyed',
  keyRemembered: '24h',
  key: ({ id }) => id,
  meters: { [mails.name]: () => 1 },
  execute: async () => ({ mailed: true }),
})
const look = tool({
  name: 'look',
  description: 'Looks.',
  input: z.object({ id: z.string() }),
  effect: 'read',
  execute: async ({ id }) => ({ id, words: 'x'.repeat(400) }),
})

/** Ceilings of a run, some of them left to their defaults. */
const policies = fc.record(
  {
    steps: fc.integer({ min: 3, max: 60 }),
    model_calls: fc.integer({ min: 2, max: 40 }),
    tool_calls: fc.integer({ min: 1, max: 40 }),
    attempts: fc.integer({ min: 3, max: 80 }),
    retries: fc.integer({ min: 0, max: 10 }),
    input_tokens: fc.integer({ min: 8_000, max: 60_000 }),
    usd: fc.integer({ min: 2, max: 40 }).map((cents) => `$${cents / 100}` as const),
    paid_usd: fc.integer({ min: 5, max: 500 }),
    mails: fc.integer({ min: 1, max: 12 }),
  },
  { requiredKeys: ['paid_usd', 'mails'] },
)
type Limits = ReturnType<typeof policyOf>

/** The policy of one seed. */
const policyOf = (seed: number) => fc.sample(policies, { seed, numRuns: 1 })[0] as { paid_usd: number; mails: number }

/** A model that wants as much as it can get of everything, and never ends. */
function wanting({ paid_usd: most }: Limits) {
  return ({ messages }: ScriptedRequest) => {
    const no = messages.filter(({ role }) => role === 'assistant').length
    const id = `${no}`
    const all = [
      { name: 'pay', input: { id, amount: most / (1 + (no % 4)) } },
      { name: 'mail', input: { id } },
      { name: 'look', input: { id } },
    ]
    return { text: 'More.', toolCalls: no % 2 === 0 ? all : all.slice(no % 3) }
  }
}

function agentWith(limits: Limits) {
  return agent({
    ...{
      name: 'greedy',
      version: 1,
      model: { model: scriptedModel({ replies: [] }), maxOutputTokens: 300 },
      instructions: 'Take all.',
    },
    ...{ input: z.object({ message: z.string() }), outcome: z.object({ had: z.string() }) },
    tools: [pay, mail, look],
    ceilings: { run: limits },
  })
}

/** What the most of one meter was, beside what the policy lets it be. */
export interface Reached {
  readonly meter: string
  readonly used: number
  readonly most: number | null
}

/** Plays a policy through the hostile world: workers die, tools fail, answers get lost, and the model is a greedy one. */
export async function reachedBy(seed: number): Promise<Reached[]> {
  const limits = policyOf(seed)
  const greedy = agentWith(limits)
  const used: Record<string, number> = {}
  const look = async (ledger: Ledger) => {
    for (const run of await ledger.runs({}))
      for (const [name, m] of Object.entries(run.meters)) used[name] = Math.max(used[name] ?? 0, m.used + m.reserved)
  }
  const hostile = scenario({
    ...{ name: 'greed', run: [greedy], world: () => null, model: () => wanting(limits) },
    stories: [{ name: 'one', messages: [{ input: { message: 'Go.' }, key: 'm1' }] }],
    tools: () => ({ pay: 'generated', mail: 'generated', look: 'generated' }),
  })
  // Faults can only take from what it gets: one night without any, two with.
  for (const strikes of [[], null]) await play(hostile, { story: 'one', seed, strikes }, { look })
  await play(hostile, { story: 'one', seed: seed + 1_000, strikes: null }, { look })
  const found = boundOf(boundedOf(greedy.definition))
  return found.meters.map(({ meter: name, run }) => ({ meter: name, used: used[name] ?? 0, most: run.amount }))
}
