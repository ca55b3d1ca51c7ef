import type { EffectClass } from '../../core/states.js'
import type { Duration } from '../../core/time.js'
import type { Call, Found, KeyFrom, Repeat } from '../tool.js'
import type { Classed } from './source.js'

/** Arguments of a tool of a server: of what its schema says, which no type knows. */
export type McpArgs = Record<string, unknown>

type Key = (args: McpArgs, from: KeyFrom) => string

interface EveryMcpTool {
  /** Another name than the server's: for one that models do not take, or that another tool has. */
  readonly as?: string
  readonly timeout?: Duration
  readonly settles?: Duration
  readonly lane?: string
  readonly locks?: (args: McpArgs) => string | string[]
  readonly meters?: Readonly<Record<string, (args: McpArgs) => number>>
}

interface EveryMcpWrite {
  readonly key?: Key
  readonly repeat?: Repeat
  /** What a result with `isError` says: default that nobody knows whether it acted. */
  readonly errors?: 'in_doubt' | 'not_performed'
  /** The argument of the tool that takes an idempotency key. It is filled in here, and no model sees it. */
  readonly keyArgument?: string
  /** A server on stdio that has not answered at the bound: `kill` ends its process, `cancel` asks it to stop. */
  readonly overdue?: 'kill' | 'cancel'
}

/** Asks another tool of the same server, a `read` of the same `allow`: how a check finds out. */
export type Ask = (tool: string, args: McpArgs) => Promise<unknown>

/** How one tool is taken. Without `effect` its class is what the server's hints make of it. */
export type McpTaken = EveryMcpTool &
  (
    | (EveryMcpWrite & { readonly effect?: undefined })
    | { readonly effect: 'read'; readonly attempts?: number }
    | (EveryMcpWrite & {
        readonly effect: 'keyed'
        readonly attempts?: number
        /** How long the server knows a key again; default 1h. */
        readonly keyRemembered?: Duration
        readonly concurrent?: boolean
      })
    | (EveryMcpWrite & {
        readonly effect: 'checked'
        readonly attempts?: number
        check(args: McpArgs, call: Call, ask: Ask): Promise<Found<unknown>>
      })
    | (EveryMcpWrite & { readonly effect: 'once'; readonly attempts?: never })
  )

export type McpEffect = 'read' | 'keyed' | 'once' | McpTaken

/** All options at once, as they look when the union is read loosely. */
export interface LooseTaken extends EveryMcpTool, EveryMcpWrite {
  readonly effect?: EffectClass
  readonly attempts?: number
  readonly keyRemembered?: Duration
  readonly concurrent?: boolean
  readonly check?: (args: McpArgs, call: Call, ask: Ask) => Promise<Found<unknown>>
}

/** How a tool is taken, once its class is known. */
export type ClassedTool = LooseTaken & Classed

/**
 * The class of a tool. The user's word goes; else a server's hint that it only reads makes it a read that is never sent
 * twice by itself, unless its hints are trusted; else it is `once`. That it is idempotent makes nothing `keyed`: a server
 * that does not get the key in a place it knows does not keep it.
 */
export function classOf(
  given: McpEffect | undefined,
  annotations: Readonly<Record<string, unknown>>,
  hints: 'cautious' | 'trusted',
): ClassedTool {
  const taken: LooseTaken = typeof given === 'string' ? { effect: given } : (given ?? {})
  if (taken.effect !== undefined) return { ...taken, effect: taken.effect, by: 'you' }
  if (annotations.readOnlyHint === true && annotations.destructiveHint !== true) {
    return { ...taken, effect: 'read', by: 'hint', ...(hints === 'cautious' && { attempts: 1 }) }
  }
  return { ...taken, effect: 'once', by: 'default' }
}
