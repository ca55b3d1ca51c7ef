import type { RefusalRule } from '../../core/refusals.js'
import type { EffectClass } from '../../core/states.js'
import type { ToolPin } from './pin.js'
import type { KnownServer } from './server.js'

/** Where a tool of an MCP server comes from, beside what every tool has. */
export interface McpSource {
  readonly server: KnownServer
  /** As the server calls it. */
  readonly tool: string
  /** What was accepted of it; null while nothing was, and where nothing is pinned. */
  readonly pinned: ToolPin | null
  /** `off`: what the server says when the runtime starts is believed. */
  readonly pin: 'lockfile' | 'off'
  readonly pinFile: string
  /** Its effect class, if its server says this of it, and where that comes from. */
  readonly classed: (annotations: ToolPin['annotations']) => Classed
}

export interface Classed {
  readonly effect: EffectClass
  readonly by: 'you' | 'hint' | 'default'
}

/** Why a tool must not be called just now: a refusal that a model can read. */
export interface Halt {
  readonly rule: RefusalRule
  readonly say: string
}
