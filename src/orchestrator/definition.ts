import { BUILT_IN_METERS } from '../core/meters.js'
import { PRIORITIES, type Priority } from '../core/queues.js'
import type { Breach } from '../govern/breach.js'
import { type Ceiling, type Ceilings, ceilingsOf, deadlineMs } from '../govern/ceilings.js'
import { type CheckedWire, type Tripwire, tripwiresOf } from '../govern/drift/tripwire.js'
import type { Facts } from '../govern/facts.js'
import type { Stages } from '../govern/stages.js'
import type { Verdict } from '../govern/verdict.js'
import type { WindDownPlan } from '../govern/wind-down.js'
import type { ModelPort } from '../models/port.js'
import { smallestUnit } from '../tools/meter.js'
import type { Schema } from '../tools/schema.js'
import type { ToolSpec } from '../tools/tool.js'
import { specNamed } from '../tools/undo.js'
import type { ConfidencePlan } from './confidence/plan.js'
import type { Ctx } from './ctx-types.js'
import { fingerprintOf } from './fingerprint.js'
import { invalid } from './invalid.js'
import { type Every, type Timetable, timetableOf } from './schedule.js'
import type { ScorePlan } from './scores/plan.js'
import type { SessionPlan } from './session-contract.js'

/** What judges the proposals of an agent; empty for a flow. */
export interface Policy {
  /** By tool name. */
  readonly rules: Readonly<Record<string, ((input: unknown, facts: Facts) => Verdict) | undefined>>
  /** By meter. */
  readonly onBreach: Readonly<Record<string, Breach | undefined>>
  /** By tool, or `model`; what is not there waits. */
  readonly onOutage?: Readonly<Record<string, Breach | undefined>>
  /** null: all of its tools at any time. */
  readonly stages: Stages | null
  /** Whoever asked for a run may approve its calls too. */
  readonly selfApproval: boolean
  /** What becomes of what a run did that does not complete; null: it stands. */
  readonly windDown: WindDownPlan | null
  /** How sure it must be; left out, nobody is asked. */
  readonly confidence?: ConfidencePlan
}

/** The run-time form of an agent or a flow: what a worker serves. */
export interface Definition {
  readonly kind: 'agent' | 'flow'
  readonly name: string
  readonly version: number
  /** Declared versions whose runs this code goes on with, where its replay matches what they did. */
  readonly accepts: readonly number[]
  /** When it is run by itself. */
  readonly timetable: Timetable | null
  /** What stops it, or makes its room smaller, by what its runs come to. */
  readonly tripwires: readonly CheckedWire[]
  /** Where its runs wait to be claimed, and how urgent they are where nobody says. */
  readonly queue: string
  readonly priority: Priority
  readonly input: Schema
  /** What an agent must be given to complete; null for a flow, which gives what it gives. */
  readonly outcome: Schema | null
  readonly ceilings: readonly Ceiling[]
  readonly deadlineMs: number
  /** Beyond its deadline, for its wind-down alone. */
  readonly windDownMs: number
  /** The run's own meters: built in, and those that its tools charge. */
  readonly meters: readonly string[]
  readonly tools: ReadonlyMap<string, ToolSpec>
  readonly policy: Policy
  /** The models that an agent names; a flow's are known only when it asks them. */
  readonly models: readonly ModelPort[]
  /** What it promises of its sessions; null where it only takes its messages in order. */
  readonly session: SessionPlan | null
  /** How its outcomes are scored; null where they are not. */
  readonly scores: ScorePlan | null
  /** The flow in which models score its runs, served along with it. */
  readonly companion: Definition | null
  /** Digest of the data that decides what a run does: policy, schemas, instructions; never of closures. */
  readonly fingerprint: string
  readonly run: (ctx: Ctx, input: unknown) => Promise<unknown>
}

/** `N`: its name. `M`: the meters that its tools charge. */
export interface Startable<I = never, O = unknown, N extends string = string, M extends string = string> {
  readonly name: N
  readonly definition: Definition
  readonly '~i'?: (input: I) => void
  readonly '~o'?: O
  readonly '~m'?: M
}

interface Draft {
  readonly kind: Definition['kind']
  readonly name: string
  readonly version: number
  readonly accepts: readonly number[] | undefined
  readonly every?: Every<never> | undefined
  readonly tripwires?: readonly Tripwire<string>[] | undefined
  readonly queue?: string | undefined
  readonly priority?: Priority | undefined
  readonly input: Schema
  readonly outcome?: Schema
  readonly ceilings: Ceilings<string>
  readonly tools: readonly ToolSpec[]
  readonly policy: Policy
  readonly models: readonly ModelPort[]
  readonly session?: SessionPlan | null
  readonly scores?: ScorePlan | null
  readonly companion?: Definition | null
  /** Everything else that is data. */
  readonly data: unknown
  readonly run: Definition['run']
}

const NAME = /^[a-zA-Z][a-zA-Z0-9._-]{0,99}$/

/** Checks and completes a definition. Throws `invalid_definition`. */
export function define(draft: Draft): Definition {
  const { kind, name, version, input, run, policy, models, session = null, scores = null, companion = null } = draft
  if (!NAME.test(name)) throw invalid(name, 'a name is letters, digits, . _ and -, at most 100.')
  const accepts = [...new Set(draft.accepts ?? [])]
  for (const one of [version, ...accepts]) {
    if (!Number.isSafeInteger(one) || one < 1) throw invalid(name, `version is a whole number from 1, not ${one}.`)
  }
  const { queue = 'default', priority = 'normal' } = draft
  if (!NAME.test(queue))
    throw invalid(name, `queue: '${queue}' is no name; use letters, digits, . _ and -, at most 100.`)
  if (!PRIORITIES.includes(priority)) throw invalid(name, `priority is one of ${PRIORITIES.join(', ')}.`)
  const tools = new Map(draft.tools.map((t) => [t.name, t]))
  if (tools.size !== draft.tools.length) throw invalid(name, 'two tools have the same name.')
  // What its agents charge is counted here as well: so it may have a ceiling here.
  const declared = draft.tools.flatMap((t) => [...Object.keys(t.meters), ...(t.carries ?? [])])
  const known = [...new Set([...Object.keys(BUILT_IN_METERS), ...declared])]
  const ceilings = ceilingsOf(draft.ceilings, smallestUnit)
  const unknown = ceilings.find((c) => !known.includes(c.meter))
  if (unknown) throw invalid(name, `no tool charges the meter '${unknown.meter}' that a ceiling names.`)
  checkPolicy(name, policy, tools, known)
  const fingerprint = fingerprintOf({ ...draft, ceilings, deadlineMs: deadlineMs(draft.ceilings), session })
  return {
    kind,
    name,
    version,
    accepts,
    timetable: draft.every ? checkedTimetable(draft.every, draft) : null,
    tripwires: tripwiresOf(name, draft.tripwires ?? [], { meters: known, toSmallest: smallestUnit }),
    queue,
    priority,
    input,
    outcome: draft.outcome ?? null,
    run,
    policy,
    models,
    session,
    scores,
    companion,
    tools,
    // A run's depth is known from its row: nothing counts it.
    meters: known.filter((meter) => meter !== 'depth'),
    ceilings,
    fingerprint,
    deadlineMs: deadlineMs(draft.ceilings),
    windDownMs: policy.windDown?.withinMs ?? 0,
  }
}

/** A rule of a tool that is not there guards nothing: the one that it was meant for would be allowed. */
function checkPolicy(name: string, policy: Policy, tools: Definition['tools'], meters: readonly string[]): void {
  const rule = Object.keys(policy.rules).find((tool) => specNamed(tools, tool) === null)
  if (rule !== undefined) {
    const known = [...tools.keys()].join(', ') || 'none'
    throw invalid(name, `rules: it has no tool '${rule}'; its tools: ${known}.`)
  }
  const meter = Object.keys(policy.onBreach).find((one) => !meters.includes(one))
  if (meter !== undefined) throw invalid(name, `onBreach: no tool charges the meter '${meter}'.`)
}

function checkedTimetable(every: Every<never>, { name, input }: Draft): Timetable {
  try {
    return timetableOf(every, input)
  } catch (cause) {
    throw invalid(name, cause instanceof Error ? cause.message : String(cause))
  }
}

export { servesKey } from '../core/serving.js'
