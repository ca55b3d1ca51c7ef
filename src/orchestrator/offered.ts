import { REASONS } from '../core/refusals.js'
import type { Stage } from '../govern/stages.js'
import type { ModelTool } from '../models/prompt.js'
import type { JsonSchema } from '../tools/schema.js'
import { BUILT_IN_TOOLS, WAYS_OUT } from '../tools/tool.js'
import type { AgentPlan } from './agent-plan.js'
import { askRequesterTool } from './ask-requester.js'

/** What a plan offers its models, the same for all of its runs: by stage, null for an agent without any. */
const offered = new WeakMap<AgentPlan, Map<Stage | null, readonly ModelTool[]>>()

/** The tools of a stage, or all where there is none; then what the loop itself offers. */
export function offeredIn(plan: AgentPlan, stage: Stage | null): readonly ModelTool[] {
  const known = offered.get(plan) ?? new Map()
  offered.set(plan, known)
  const tools = known.get(stage) ?? toolsOf(plan, stage)
  known.set(stage, tools)
  return tools
}

function toolsOf(plan: AgentPlan, stage: Stage | null): ModelTool[] {
  const own = [...plan.tools.values()]
    .filter(({ name }) => stage === null || stage.allow.has(name))
    .map(({ name, description, jsonSchema }) => ({ name, description, inputSchema: jsonSchema }))
  const text = { type: 'string' }
  return [
    ...own,
    ...(plan.askBack === null ? [] : [askRequesterTool]),
    ...(stage === null || stage.next.length === 0 ? [] : [goToStageTool(plan, stage)]),
    {
      name: WAYS_OUT.complete,
      description: 'End: the work is done. Give the outcome.',
      inputSchema: wrapped(plan.outcomeSchema),
    },
    {
      name: WAYS_OUT.refuse,
      description: 'End: this must not or cannot be done. Say why.',
      inputSchema: {
        type: 'object',
        properties: { reason: { enum: [...REASONS] }, say: text },
        required: ['reason', 'say'],
      },
    },
    {
      name: WAYS_OUT.handOver,
      description: 'End: a person must take over. Say who and why.',
      inputSchema: { type: 'object', properties: { to: text, note: text }, required: ['to', 'note'] },
    },
  ]
}

/** How a model is offered to go on: the stages that it may go to, what they are for, and what can be called there. */
function goToStageTool(plan: AgentPlan, { name, next }: Stage): ModelTool {
  const told = next.map((to) => {
    const there = plan.stages?.get(to)
    const tools = [...(there?.allow ?? [])].join(', ') || 'no tools'
    return `${to}${there?.about ? `: ${there.about}` : ''} (${tools})`
  })
  return {
    name: BUILT_IN_TOOLS.goToStage,
    description: `Go on from stage '${name}' to another one, whose tools can then be called, and only those. ${told.join('; ')}`,
    inputSchema: { type: 'object', properties: { stage: { enum: [...next] } }, required: ['stage'] },
  }
}

/** How an outcome is given, for a model that gave it otherwise: in the words of the plan's own schema. */
export function howToComplete({ outcomeSchema }: Pick<AgentPlan, 'outcomeSchema'>): string {
  const { type, properties = {} } = outcomeSchema as { readonly type?: unknown; readonly properties?: object }
  const call = `Call ${WAYS_OUT.complete} with`
  if (type !== 'object') return `${call} an object that has the outcome under the key 'outcome': {"outcome": …}.`
  const keys = Object.keys(properties).map((key) => `'${key}'`)
  return `${call} the outcome itself, an object${keys.length === 0 ? '' : ` with ${keys.join(', ')}`}.`
}

/** Providers want an object: an outcome of another type travels under `outcome`. */
function wrapped(schema: JsonSchema): JsonSchema {
  return schema.type === 'object' ? schema : { type: 'object', properties: { outcome: schema }, required: ['outcome'] }
}
