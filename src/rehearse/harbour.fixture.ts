import { z } from 'zod'
import { escalate } from '../govern/verdict.js'
import { agent } from '../orchestrator/agent.js'
import { flow } from '../orchestrator/flow.js'
import { scriptedModel } from '../testing/scripted-model.js'
import type { ScriptedRequest } from '../testing/scripted-model-reply.js'
import { tool } from '../tools/tool.js'
import type { ScenarioOptions, StandIn } from './scenario.js'
import type { Act } from './verdict.js'

const ship = z.object({ ship: z.string() })
const nothing = () => Promise.reject(new Error('It has a stand-in.'))

/** One tool of each class. */
const lookOut = tool({ name: 'look_out', description: 'Looks.', input: ship, effect: 'read', execute: nothing })
const hail = tool({
  ...{ name: 'hail', description: 'Hails a ship.', input: ship, effect: 'keyed', keyRemembered: '24h' },
  timeout: '5s',
  execute: nothing,
})
const berth = tool({
  ...{ name: 'berth', description: 'Gives a berth.', input: ship, effect: 'checked', timeout: '5s' },
  key: (input, { message }) => `${input.ship}:${message.key}`,
  locks: (input) => `ship:${input.ship}`,
  check: nothing,
  execute: nothing,
})
const salute = tool({
  ...{ name: 'salute', description: 'Fires a gun.', input: ship, effect: 'once', isolate: 'none', timeout: '5s' },
  execute: nothing,
})

/** What was done in the harbour, by tool and key. */
export interface Harbour {
  readonly acts: Act[]
  /** How often a check was asked. */
  checks: number
}

const harbour = (): Harbour => ({ acts: [], checks: 0 })

export function standIns(world: Harbour, sleep: (ms: number) => Promise<void>): Record<string, StandIn> {
  const did = (name: string, key: string) => world.acts.some((act) => act.tool === name && act.key === key)
  const acting = (name: string, forgetful: boolean): StandIn => ({
    execute: async (input: z.infer<typeof ship>, { key, runId }) => {
      await sleep(20)
      if (forgetful || !did(name, key)) world.acts.push({ tool: name, key, input, runId })
      return { done: input.ship }
    },
    check: async (input: z.infer<typeof ship>, { key }) => {
      world.checks += 1
      await sleep(5)
      return did(name, key) ? { did: 'happen', result: { done: input.ship } } : { did: 'not_happen' }
    },
  })
  return {
    look_out: { execute: async (input: z.infer<typeof ship>) => ({ seen: input.ship }) },
    hail: acting('hail', false),
    berth: acting('berth', true),
    salute: acting('salute', true),
  }
}

/** Looks out, hails, gives a berth, salutes, and is done. */
const ORDERS = ['look_out', 'hail', 'berth', 'salute'] as const
const replies = ({ messages }: ScriptedRequest) => {
  const heard = messages.filter((message) => message.role === 'tool').length
  const name = ORDERS[heard]
  if (name === undefined) return { toolCalls: [{ name: 'complete', input: { said: 'moored' } }] }
  return { text: `Now ${name}.`, toolCalls: [{ name, input: { ship: 'Ada' } }] }
}

export const pilot = agent({
  name: 'pilot',
  version: 1,
  input: z.object({ message: z.string() }),
  outcome: z.object({ said: z.string() }),
  instructions: 'Bring the ship in.',
  model: scriptedModel({ replies: [] }),
  tools: [lookOut, hail, berth, salute],
  rules: { salute: () => escalate({ to: 'captain', within: '4h', otherwise: 'refuse' }) },
})

/** Branches side by side, a sleep, a question, then what may be done once. */
export const evening = flow({
  name: 'evening',
  version: 1,
  input: ship,
  run: async (ctx, input) => {
    const [, , name] = await ctx.all([
      (c) => c.tool(berth, input),
      async (c) => {
        await c.sleep('30s')
        return c.tool(hail, input)
      },
      (c) =>
        c.ask({
          question: 'Whose?',
          answer: z.string(),
          to: 'captain',
          within: '2h',
          otherwise: 'nobody',
          show: input,
        }),
    ])
    await ctx.tool(salute, input)
    return name
  },
})

/** A harbour at night: one agent, one flow, a tool of each class. */
export const night: ScenarioOptions<Harbour> = {
  name: 'harbour',
  run: [pilot, evening],
  stories: [
    { name: 'pilot', messages: [{ input: { message: 'A ship.' }, key: 'm1' }] },
    { name: 'evening', messages: [{ agent: 'evening', input: { ship: 'Eve' }, key: 'm2' }] },
    {
      name: 'both',
      messages: [
        { input: { message: 'A ship.' }, key: 'm1', session: 's' },
        { input: { message: 'Again.' }, key: 'm3', session: 's', afterMs: 15 },
        { agent: 'evening', input: { ship: 'Ada' }, key: 'm1', afterMs: 40 },
      ],
    },
  ],
  world: harbour,
  model: () => replies,
  tools: (world, stage) => standIns(world, stage.sleep),
  acts: (world) => world.acts,
}
