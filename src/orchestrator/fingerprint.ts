import { argsDigest } from '../core/digest.js'
import type { Ceiling } from '../govern/ceilings.js'
import type { Stage, Stages } from '../govern/stages.js'
import type { WindDownPlan } from '../govern/wind-down.js'
import type { ToolSpec } from '../tools/tool.js'

/** What of a definition decides what its runs may do and what its models are shown, as far as it is data. */
export interface Printed {
  readonly kind: string
  readonly name: string
  readonly version: number
  readonly ceilings: readonly Ceiling[]
  readonly deadlineMs: number
  readonly tools: readonly ToolSpec[]
  readonly policy: {
    readonly rules: object
    readonly onBreach: object
    readonly stages: Stages | null
    readonly selfApproval: boolean
    readonly windDown: WindDownPlan | null
  }
  readonly session: { readonly data: unknown } | null
  /** Schemas, instructions, models and what else the kind has. */
  readonly data: unknown
}

/**
 * Digest of the data of a definition: a run is pinned to it. Closures are not in it, for nobody can compare them: of a rule, a
 * key or a lock it is known that there is one. Nor is what only says where and beside whom the work is done, or when: lanes,
 * isolation, modules, schedules and accepted versions may change under a run.
 */
export function fingerprintOf(of: Printed): string {
  const { kind, name, version, ceilings, deadlineMs, tools, policy, session, data } = of
  // Left out where there is none: what has no stages and no contract keeps its fingerprint.
  const staged = policy.stages === null ? [] : [[...policy.stages.values()].map(stagePrint)]
  const judged = [
    Object.keys(policy.rules).sort(),
    policy.onBreach,
    ...staged,
    ...(policy.selfApproval ? ['selfApproval'] : []),
    ...(policy.windDown === null ? [] : [{ windDown: policy.windDown.byEnd }]),
  ]
  const contract = session === null ? [] : [session.data]
  const digest = argsDigest([kind, name, version, ceilings, deadlineMs, tools.map(printOf), judged, data, ...contract])
  return digest.slice(0, 16)
}

/** Tools in their order: a model is shown them so. */
function printOf(tool: ToolSpec): unknown {
  const { name, effect, timeoutMs, settlesMs, attempts, repeat, keyRememberedMs, concurrent, mcp } = tool
  // What is not pinned may be otherwise at each start, and strands no run.
  const { description, jsonSchema } = mcp?.pin === 'off' ? UNPINNED : tool
  return {
    ...{ name, description, effect, jsonSchema, timeoutMs, settlesMs, attempts, repeat, keyRememberedMs, concurrent },
    key: tool.key !== null,
    locks: tool.locks !== null,
    meters: Object.keys(tool.meters).sort(),
    undoes: tool.undoes?.tool ?? null,
    // Left out where there is none: other tools keep their fingerprint.
    ...(mcp && { mcp: [mcp.server.name, mcp.tool, mcp.pinned?.fingerprint ?? mcp.pin] }),
    ...(tool.people === 2 ? { people: 2 } : {}),
    ...(tool.readBack ? { readBack: true } : {}),
    ...(tool.undo ? { undo: typeof tool.undo === 'string' ? tool.undo : printOf(tool.undo) } : {}),
  }
}

function stagePrint({ name, about, allow, next, ceilings }: Stage): unknown {
  return { name, about, allow: [...allow], next, ceilings }
}

const UNPINNED = { description: '', jsonSchema: {} }
