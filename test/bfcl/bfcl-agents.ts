import { z } from 'zod'
import type { EffectClass } from '../../src/core/states.js'
import type { Facts } from '../../src/govern/facts.js'
import { allow, refuse } from '../../src/govern/verdict.js'
import { type Agent, agent } from '../../src/orchestrator/agent.js'
import { scriptedModel } from '../../src/testing/scripted-model.js'
import { type AnyTool, tool } from '../../src/tools/tool.js'
import { jsonSchema } from './json-schema.js'
import type { GoldCall, Task, ToolText } from './outside-data.js'
import type { Recording } from './recorded-apis.js'

/** How the writes of an API are made sure of: all four classes are among them. */
const CLASSES = new Map<string, EffectClass>([
  ['GorillaFileSystem', 'checked'],
  ['TwitterAPI', 'checked'],
  ['MessageAPI', 'keyed'],
  ['TicketAPI', 'keyed'],
  ['VehicleControlAPI', 'once'],
  ['TradingBot', 'checked'],
  ['TravelAPI', 'keyed'],
])

/** Tools that change state in at least one recorded call. */
export function writesIn(tasks: readonly Task[]): Map<string, EffectClass> {
  const calls = tasks.flatMap(({ turns }) => turns.flatMap(({ gold_calls }) => gold_calls))
  return new Map(
    calls.filter((c) => c.changes_state).map(({ tool: name, api }) => [name, CLASSES.get(api) ?? 'checked']),
  )
}

/** The APIs that a task calls, as the name of the agent that has them. */
export function agentNameOf(task: Task): string {
  return ['desk', ...apisOf(task)].join('-')
}

function apisOf({ turns }: Task): string[] {
  return [...new Set(turns.flatMap(({ gold_calls }) => gold_calls.map((call: GoldCall) => call.api)))].sort()
}

export interface AgentsOptions {
  readonly tasks: readonly Task[]
  readonly tools: readonly ToolText[]
  readonly writes: ReadonlyMap<string, EffectClass>
  /** What may be asked for in a tenant: a task is a tenant of its own. */
  readonly recordingOf: (tenant: string) => Recording | undefined
}

/** One agent for each set of APIs, with the tools that the tasks use of them; the model and the tools' work come from the case. */
export function agentsFor({
  tasks,
  tools,
  writes,
  recordingOf,
}: AgentsOptions): Agent<{ turn: number }, { calls: number }>[] {
  const used = new Map<string, Set<string>>()
  for (const task of tasks) {
    const names = used.get(agentNameOf(task)) ?? new Set()
    for (const { gold_calls } of task.turns) for (const call of gold_calls) names.add(call.tool)
    used.set(agentNameOf(task), names)
  }
  const made = new Map(tools.map((text) => [text.name, toolOf(text, writes.get(text.name) ?? 'read')]))
  const model = scriptedModel({ replies: [] })
  return [...used].map(([name, names]) =>
    agent({
      name,
      version: 1,
      model: { model, maxOutputTokens: 500 },
      input: z.object({ turn: z.number() }),
      outcome: z.object({ calls: z.number() }),
      instructions: 'Do what the user says, and nothing else.',
      tools: [...names].flatMap((one) => made.get(one) ?? []),
      // The user stands beside it: only what this conversation asks for may change anything.
      rules: Object.fromEntries(
        [...names].filter((one) => writes.has(one)).map((one) => [one, asked(one, recordingOf)]),
      ) as object,
      ceilings: { run: { usd: '$5', context_tokens: 500_000 } },
    }),
  )
}

function asked(tool: string, recordingOf: AgentsOptions['recordingOf']) {
  return (args: unknown, { tenant }: Facts) =>
    recordingOf(tenant)?.knows({ tool, args }) ? allow() : refuse('policy', 'Nobody asked for this.')
}

/** Its work is done by the case's stand-in. */
function toolOf({ name, description, parameters }: ToolText, effect: EffectClass): AnyTool {
  const input = z.fromJSONSchema(jsonSchema(parameters) as Parameters<typeof z.fromJSONSchema>[0])
  const execute = async (): Promise<unknown> => {
    throw new Error('Only the APIs of a case can answer.')
  }
  const shape = { name, description, input, timeout: '5s' as const, execute }
  if (effect === 'read') return tool({ ...shape, effect })
  if (effect === 'keyed') return tool({ ...shape, effect, keyRemembered: '1d' })
  if (effect === 'once') return tool({ ...shape, effect, isolate: 'none' })
  return tool({ ...shape, effect, check: async () => ({ did: 'unknown' }) })
}
