import { REASONS } from '../../core/refusals.js'
import { isAgentTool } from '../../orchestrator/agent-tool.js'
import type { Definition } from '../../orchestrator/definition.js'
import { hasMark } from '../../tools/private.js'
import type { JsonSchema } from '../../tools/schema.js'
import { BUILT_IN_TOOLS, type ToolSpec, WAYS_OUT } from '../../tools/tool.js'
import { type Look, resultLook, wireLook } from './marked-schemas.js'

export interface ToolLook {
  readonly input: Look
  readonly output: Look
}

/** What describes the values in the journals of one definition. */
export interface Marks {
  readonly input: Look
  readonly outcome: Look
  readonly state: Look
  readonly tools: ReadonlyMap<string, ToolLook>
  /** Whether anything of all this is marked: then what nothing describes is hidden too. */
  readonly isGuarded: boolean
}

const known = new WeakMap<Definition, Marks>()

export function marksOf(definition: Definition): Marks {
  const marks = known.get(definition) ?? made(definition)
  known.set(definition, marks)
  return marks
}

function made(definition: Definition): Marks {
  const { input, session, tools } = definition
  const outcome = definition.outcome && wireLook(definition.outcome)
  const own = new Map([...tools.values()].map((spec) => [spec.name, lookOf(spec)]))
  const described = { input: wireLook(input), outcome, state: session?.state ? resultLook(session.state.schema) : null }
  const all = [...Object.values(described), ...[...own.values()].flatMap((look) => [look.input, look.output])]
  return {
    ...described,
    tools: new Map([...WORDS, [WAYS_OUT.complete, { input: outcome, output: null }], ...own]),
    isGuarded: all.some((look) => look?.some(hasMark)),
  }
}

function lookOf(spec: ToolSpec): ToolLook {
  if (isAgentTool(spec)) return { input: wireLook(spec.input), output: endLook(marksOf(spec.agent)) }
  return { input: wireLook(spec.input), output: spec.output && resultLook(spec.output) }
}

/** How a run of another agent ended, as its caller is given it: an outcome, hidden where anything in that agent is marked. */
const endLook = ({ isGuarded }: Marks): Look => (isGuarded ? [HIDDEN] : null)

const HIDDEN: JsonSchema = { private: true }
const NUMBER: JsonSchema = { type: 'integer' }
const words = (properties: JsonSchema): ToolLook => ({ input: [{ type: 'object', properties }], output: null })

/** What the loop itself offers beside the agent's tools: for the most part words of the model. */
const WORDS: readonly (readonly [string, ToolLook])[] = [
  [WAYS_OUT.refuse, words({ reason: { enum: REASONS }, say: HIDDEN })],
  [WAYS_OUT.handOver, words({ to: HIDDEN, note: HIDDEN })],
  [BUILT_IN_TOOLS.askRequester, words({ question: HIDDEN })],
  [BUILT_IN_TOOLS.readStored, words({ ref: { type: 'string' }, from: NUMBER, length: NUMBER })],
]
