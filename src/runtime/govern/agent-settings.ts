import type { ForeignModel } from './foreign-model.js'
import type { GovernedTools } from './governed-tools.js'

/** The part of a ToolLoopAgent's settings that matters here, in AI SDK 6 and 7. */
export interface AgentSettings {
  readonly model: unknown
  readonly tools?: unknown
  readonly prepareCall?: unknown
}

/** Wraps a model and tools for one call of an agent, or for whatever run the call is within. */
export interface Wrapping {
  model(model: ForeignModel): ForeignModel
  tools(tools: GovernedTools): GovernedTools
}

interface Prepared {
  readonly model: ForeignModel
  readonly tools?: GovernedTools
}

/**
 * An agent's settings with its model and its tools governed. Each call of the agent is a run of its own, unless it is made
 * within one: that is found out where the agent prepares the call.
 */
export function governSettings<S extends AgentSettings>(settings: S, whole: Wrapping, ofCall: () => Wrapping): S {
  const prepare = settings.prepareCall as ((call: Prepared) => Prepared | Promise<Prepared>) | undefined
  const prepareCall = async (call: Prepared) => wrappedBy(ofCall(), prepare ? await prepare(call) : call)
  return { ...settings, ...wrappedBy(whole, settings as unknown as Prepared), prepareCall } as S
}

function wrappedBy<P extends Prepared>({ model, tools }: Wrapping, prepared: P): P {
  return { ...prepared, model: model(prepared.model), ...(prepared.tools && { tools: tools(prepared.tools) }) }
}
