import type { AgentSettings } from './agent-settings.js'
import { GovernedLoop } from './loop.js'
import type { BroughtEffects, GovernOptions, LooseOptions } from './loop-options.js'

/**
 * Brings a loop that Midwatch does not own under a policy: ceilings, effect classes, rules. With the settings of an AI SDK
 * `ToolLoopAgent` it gives those back with their model and tools governed; without, a loop that wraps what it is given. The
 * loop stands in `run` of the runtime; where no runtime has it, one is opened at its first call, by DATABASE_URL or embedded.
 * Throws `invalid_definition`.
 */
export function govern<const T extends BroughtEffects = Readonly<Record<never, never>>>(
  options: GovernOptions<T>,
): GovernedLoop
export function govern<const T extends BroughtEffects, S extends AgentSettings>(
  options: GovernOptions<T>,
  settings: S,
): S
export function govern(options: LooseOptions, settings?: AgentSettings): GovernedLoop | AgentSettings {
  let opening: Promise<unknown> | null = null
  const open = (loop: GovernedLoop) => {
    opening ??= import('../../runtime.js').then(({ assemble }) => assemble({ run: [loop] }, {}))
    return opening
  }
  const loop = new GovernedLoop(options, open)
  return settings === undefined ? loop : loop.settings(settings)
}
