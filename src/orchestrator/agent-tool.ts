import { MidwatchError } from '../core/errors.js'
import type { Json, JsonValue } from '../core/json.js'
import type { Outcome } from '../core/states.js'
import { PLAIN_READ } from '../tools/plain-read.js'
import { check, type JsonSchema, jsonSchemaOf, type Schema } from '../tools/schema.js'
import { checkToolName, type Tool, type ToolSpec } from '../tools/tool.js'
import type { Definition, Startable } from './definition.js'

/** A tool that stands for an agent: a call of it is a run of that agent. */
export interface AgentToolSpec extends ToolSpec {
  readonly agent: Definition
  /** Its arguments as the agent's input: they travel in an object where the agent takes something else. */
  readonly inputOf: (wire: JsonValue) => JsonValue
}

export function isAgentTool(spec: ToolSpec): spec is AgentToolSpec {
  return 'agent' in spec
}

/** The agents that stand among some tools. */
export function agentsAmong(tools: Iterable<ToolSpec>): Definition[] {
  return [...tools].flatMap((spec) => (isAgentTool(spec) ? [spec.agent] : []))
}

/**
 * An agent as a tool of another one: the model proposes it, the rules of that one judge it, and a run of its own works it.
 * How that ended comes back as the result, whatever it is. Throws `invalid_definition` for a name that no tool can have.
 */
export function asTool<N extends string, I, O, M extends string>(
  agent: Startable<I, O, N, M>,
  description: string,
): Tool<N, I, Outcome<Json<O>>, M> {
  const { name, definition } = agent
  checkToolName(name)
  const shown = jsonSchemaOf(definition.input, `agent '${name}', input`)
  const isObject = shown.type === 'object'
  const spec: AgentToolSpec = {
    ...PLAIN_READ,
    ...{ name, description, agent: definition, attempts: 1 },
    carries: definition.meters,
    input: isObject ? definition.input : within(definition.input),
    jsonSchema: isObject ? shown : wrapped(shown),
    inputOf: (wire) => (isObject ? wire : ((wire as { input: JsonValue }).input ?? null)),
    execute: () =>
      Promise.reject(new MidwatchError('invalid_definition', `'${name}' is an agent: it is run, not called.`)),
  }
  return Object.freeze({ name, spec: Object.freeze(spec) })
}

const wrapped = (schema: JsonSchema): JsonSchema => ({
  type: 'object',
  properties: { input: schema },
  required: ['input'],
})

/** Providers want an object: what is none travels under `input`. */
function within(schema: Schema): Schema {
  return {
    '~standard': {
      version: 1,
      vendor: 'midwatch',
      validate: async (value: unknown) => {
        const checked = await check(schema, (value as { readonly input?: unknown } | null)?.input)
        return checked.ok ? { value: checked.value } : { issues: [{ message: checked.issues, path: ['input'] }] }
      },
      jsonSchema: { input: (options) => wrapped(schema['~standard'].jsonSchema.input(options)), output: () => ({}) },
    },
  }
}
