import type { Bounded } from '../govern/bound.js'
import { isAgentTool } from '../orchestrator/agent-tool.js'
import type { Definition } from '../orchestrator/definition.js'

/** A definition as far as its worst case depends on it, with the agents that it may run. */
export function boundedOf(definition: Definition, seen = new Map<Definition, Bounded>()): Bounded {
  const known = seen.get(definition)
  if (known) return known
  const { name, kind, ceilings, meters, tools, policy } = definition
  const { before, verifier = null } = policy.confidence ?? {}
  const isVerified = before === 'effects' && verifier !== null
  const unwinds = policy.windDown !== null
  const made: Bounded & { tools: Bounded['tools'] } = { name, kind, ceilings, meters, tools: [], isVerified, unwinds }
  // Known before its tools are: an agent may call itself.
  seen.set(definition, made)
  made.tools = [...tools.values()].map((spec) => ({
    name: spec.name,
    effect: spec.effect,
    meters: Object.keys(spec.meters),
    timeoutMs: spec.timeoutMs,
    settlesMs: spec.settlesMs,
    agent: isAgentTool(spec) ? boundedOf(spec.agent, seen) : null,
    undo: typeof spec.undo === 'object' ? { ...spec.undo, meters: Object.keys(spec.undo.meters) } : null,
  }))
  return made
}

export { type Bound, boundOf, type Most } from '../govern/bound.js'
