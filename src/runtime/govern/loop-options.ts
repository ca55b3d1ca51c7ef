import type { Breach } from '../../govern/breach.js'
import type { Ceilings } from '../../govern/ceilings.js'
import type { Facts } from '../../govern/facts.js'
import type { Verdict } from '../../govern/verdict.js'
import { type Definition, define, type Policy } from '../../orchestrator/definition.js'
import { anyJson } from '../../tools/any-json.js'
import { type BroughtEffect, broughtTool } from './brought-tool.js'
import { driven, type Seats } from './seats.js'

/** What is said of the tools of a loop, by name. */
export type BroughtEffects = Readonly<Record<string, BroughtEffect>>

/** Names of the meters that the tools charge. */
type MetersOf<T extends BroughtEffects> = {
  [K in keyof T]: T[K] extends { readonly meters: infer M } ? keyof M & string : never
}[keyof T]

/** What an outer loop is governed by: the policy of an agent whose loop is somebody else's. */
export interface GovernOptions<T extends BroughtEffects = BroughtEffects> {
  readonly name: string
  /** Default 1. */
  readonly version?: number
  /** As an agent's, with the meters that the tools charge. */
  readonly ceilings?: Ceilings<MetersOf<T>>
  /** By name: what each tool changes outside. A tool that is not named here cannot be wrapped. */
  readonly tools?: T
  /** By tool name; pure functions of the arguments and the journal's facts. */
  // biome-ignore lint/suspicious/noExplicitAny: the input of somebody else's tool
  readonly rules?: { readonly [K in keyof T]?: (input: any, facts: Facts) => Verdict }
  /** By meter; default `end` for built-in meters and `tell` for those that tools charge. */
  readonly onBreach?: { readonly [K in keyof NonNullable<Ceilings<MetersOf<T>>['run']>]?: Breach }
}

/** The same, read loosely. */
export interface LooseOptions {
  readonly name: string
  readonly version?: number
  readonly ceilings?: Ceilings<string>
  readonly tools?: BroughtEffects
  readonly rules?: Policy['rules']
  readonly onBreach?: Policy['onBreach']
}

/** The definition that workers serve for a governed loop. Throws `invalid_definition`. */
export function governedDefinition(options: LooseOptions, seats: Seats): Definition {
  return define({
    kind: 'agent',
    name: options.name,
    version: options.version ?? 1,
    accepts: undefined,
    input: anyJson,
    ceilings: options.ceilings ?? {},
    tools: Object.entries(options.tools ?? {}).map(([name, said]) => broughtTool(name, said).spec),
    policy: {
      rules: options.rules ?? {},
      onBreach: options.onBreach ?? {},
      stages: null,
      selfApproval: false,
      windDown: null,
    },
    models: [],
    data: ['governed'],
    run: driven(seats),
  })
}
