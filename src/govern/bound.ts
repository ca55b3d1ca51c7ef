import { LIMITS } from '../core/limits.js'
import type { CeilingRow } from '../core/operated.js'
import type { EffectClass } from '../core/states.js'
import { type Ceiling, DEFAULT_BELOW, kindOf } from './ceilings.js'

/** An agent or a flow as far as its worst case depends on it. */
export interface Bounded {
  readonly name: string
  readonly kind: 'agent' | 'flow'
  readonly ceilings: readonly Ceiling[]
  readonly meters: readonly string[]
  readonly tools: readonly BoundedTool[]
  /** Before each act a verifier is asked: a model call of the run for each, beside the one that proposed it. */
  readonly isVerified?: boolean
  /** What its runs did may be taken back before they end, in room of its own. */
  readonly unwinds?: boolean
}

export interface BoundedTool {
  readonly name: string
  readonly effect: EffectClass
  readonly meters: readonly string[]
  readonly timeoutMs: number
  readonly settlesMs: number
  /** The agent that it stands for. */
  readonly agent: Bounded | null
  /** What takes a call back. */
  readonly undo?: BoundedUndo | null
}

export interface BoundedUndo {
  readonly effect: EffectClass
  readonly attempts: number
  readonly meters: readonly string[]
  readonly timeoutMs: number
  readonly settlesMs: number
}

/** What is known of the place that it runs in; whatever is left out is taken to be without limit. */
export interface Surroundings {
  /** Ceilings of operators: for the fleet, for this agent, and for one tenant where it is named. */
  readonly operators?: readonly Pick<CeilingRow, 'scope' | 'meter' | 'per' | 'limit'>[]
  readonly tenant?: string
  /** How many tenants use it at most. */
  readonly tenants?: number
  /** How many runs are started in an hour at most. */
  readonly runsPerHour?: number
  /** How many runs are worked at once, over all workers. */
  readonly atOnce?: number
}

/** The most of one thing, in the smallest unit of its meter, and the ceiling that says so; null: nothing does. */
export interface Most {
  readonly amount: number | null
  readonly by: string
}

/** Of a peak the hour and the day are those of a single call. */
export interface MeterBound {
  readonly meter: string
  /** A run, with all below it. */
  readonly run: Most
  readonly hour: Most
  readonly day: Most
}

/** How often one tool may act. */
export interface EffectBound {
  readonly tool: string
  /** The agent that has it. */
  readonly of: string
  readonly effect: Exclude<EffectClass, 'read'>
  readonly run: Most
  /** Ceilings on what it charges: `refund_usd per run`, … */
  readonly ceilings: readonly string[]
}

/** Between a kill and the moment when nothing acts any more. */
export interface Exposure {
  /** Acts that may be under way in one branch of each run at work; null where it is not known how many are at work. */
  readonly acts: number | null
  /** Until the last of them can no longer be acting, ms. */
  readonly forMs: number
}

export interface Bound {
  readonly agent: string
  readonly meters: readonly MeterBound[]
  readonly effects: readonly EffectBound[]
  /** Effects that no ceiling but the number of calls holds: `TOOL of AGENT`. */
  readonly unlimited: readonly string[]
  readonly exposure: Exposure
}

const HOURS = { hour: 1, day: 24 } as const

/**
 * The worst case of an agent, from its policy alone: whatever its model proposes, its tools answer, or its workers die of.
 * Windows are those of the calendar, as ceilings have them: an hour from 02:30 to 03:30 may see the limits of two.
 */
export function boundOf(of: Bounded, around: Surroundings = {}): Bound {
  const every = [of, ...below(of)]
  const meters = [...new Set(every.flatMap((one) => one.meters))].filter((meter) => meter !== 'strikes')
  const effects = every.flatMap((one) => effectsOf(one, of, around))
  return {
    agent: of.name,
    meters: meters.map((meter) => meterBound(of, meter, around)),
    effects,
    unlimited: effects.filter(({ ceilings }) => ceilings.length === 0).map(({ tool, of: has }) => `${tool} of ${has}`),
    exposure: exposureOf(every, around),
  }
}

/** The agents that it may run, each once. */
function below(of: Bounded, seen = new Set<Bounded>([of])): Bounded[] {
  return of.tools.flatMap(({ agent }) => {
    if (agent === null || seen.has(agent)) return []
    seen.add(agent)
    return [agent, ...below(agent, seen)]
  })
}

function meterBound(of: Bounded, meter: string, around: Surroundings): MeterBound {
  const run = unwound(of, meter, inRun(of, meter))
  if (kindOf(meter) !== 'sum') return { meter, run, hour: run, day: run }
  return { meter, run, hour: inWindow(of, meter, run, 'hour', around), day: inWindow(of, meter, run, 'day', around) }
}

/** A default that counts work binds each run by itself: with runs below it says nothing of the whole. */
function inRun(of: Bounded, meter: string): Most {
  const own = of.ceilings.find((c) => c.scope === 'run' && c.meter === meter)
  if (!own) return { amount: null, by: 'no ceiling' }
  const isAlone = of.kind === 'agent' && of.tools.every(({ agent }) => agent === null)
  if (kindOf(meter) === 'sum' && !isAlone && !own.named && !DEFAULT_BELOW.has(meter))
    return { amount: null, by: `the default binds each run by itself; name it to bind those below` }
  return { amount: own.limit, by: own.named ? 'run' : 'run (default)' }
}

/**
 * A wind-down has room of its own: one undo for each write, with all of its attempts. What people have tried again is theirs to
 * count.
 */
function unwound(of: Bounded, meter: string, run: Most): Most {
  const undos = of.unwinds ? of.tools.flatMap(({ undo }) => undo ?? []) : []
  if (undos.length === 0 || run.amount === null) return run
  if (undos.some(({ meters }) => meters.includes(meter)))
    return { amount: null, by: 'an undo charges it beyond its ceiling' }
  const writes = fewest(of)
  const worst = (each: (undo: BoundedUndo) => number) => Math.max(...undos.map(each))
  const each = EACH[meter]
  if (each === undefined) return run
  if (writes.amount === null) return { amount: null, by: writes.by }
  return { amount: run.amount + writes.amount * worst(each), by: `${run.by}, and its wind-down` }
}

/** What the undo of one write costs at worst, on the meters that count it. */
const EACH: Readonly<Record<string, ((undo: BoundedUndo) => number) | undefined>> = {
  steps: () => 1,
  tool_calls: ({ attempts }) => attempts,
  attempts: ({ attempts }) => attempts,
  retries: ({ attempts }) => attempts - 1,
  active: ({ attempts, timeoutMs }) => attempts * timeoutMs,
}

/** How many calls a run can make at most: the least of what says so. */
function fewest(root: Bounded, more: readonly Most[] = []): Most {
  const calls = ['tool_calls', 'steps', 'attempts'].map((meter) => inRun(root, meter))
  const known = [...calls, ...more].filter(({ amount }) => amount !== null)
  const [least] = known.toSorted((a, b) => (a.amount ?? 0) - (b.amount ?? 0))
  return least ?? { amount: null, by: 'no ceiling that binds the runs below' }
}

/** The least of what policy, operators and the number of runs let pass in so long a window. */
function inWindow(of: Bounded, meter: string, run: Most, window: 'hour' | 'day', around: Surroundings): Most {
  const { runsPerHour, tenants, tenant, operators = [] } = around
  const hours = HOURS[window]
  const found: Most[] = []
  for (const c of of.ceilings.filter((one) => one.meter === meter && one.per !== 'total')) {
    const times = c.scope === 'tenant' ? (tenants ?? (tenant === undefined ? null : 1)) : 1
    if (times !== null) found.push({ amount: c.limit * windows(c.per, hours) * times, by: `${c.scope} per ${c.per}` })
  }
  for (const c of operators.filter((one) => one.meter === meter && appliesTo(one.scope, of.name, tenant)))
    found.push({ amount: c.limit * windows(c.per, hours), by: `operators: ${c.scope} per ${c.per}` })
  if (runsPerHour !== undefined && run.amount !== null)
    found.push({ amount: run.amount * runsPerHour * hours, by: `${runsPerHour} runs an hour` })
  const least = found.toSorted((a, b) => (a.amount ?? 0) - (b.amount ?? 0))[0]
  return least ?? { amount: null, by: 'no ceiling; as many runs as are started' }
}

/** How many windows of that kind begin within so many hours of the calendar. */
const windows = (per: string, hours: number): number => (per === 'hour' ? hours : 1)

function appliesTo(scope: string, agent: string, tenant: string | undefined): boolean {
  return scope === 'fleet' || scope === `agent:${agent}` || (tenant !== undefined && scope === `tenant:${tenant}`)
}

function effectsOf(has: Bounded, root: Bounded, around: Surroundings): EffectBound[] {
  const run = fewest(root, has.isVerified ? [oneLess(inRun(root, 'model_calls'))] : [])
  return has.tools.flatMap(({ name, effect, meters, agent, undo }): EffectBound[] => {
    if (effect === 'read' || agent !== null) return []
    const ceilings = meters.flatMap((meter) => ceilingsOn(meter, root, around))
    const acts = { tool: name, of: has.name, effect, run, ceilings }
    if (!undo || !has.unwinds || undo.effect === 'read') return [acts]
    // Taken back once, however often it is tried.
    return [acts, { ...acts, tool: `${name}.undo`, effect: undo.effect, ceilings: [`one for each ${name}`] }]
  })
}

const oneLess = ({ amount, by }: Most): Most => ({ amount: amount === null ? null : Math.max(0, amount - 1), by })

function ceilingsOn(meter: string, { ceilings, name }: Bounded, { operators = [], tenant }: Surroundings): string[] {
  const own = ceilings.filter((c) => c.meter === meter).map(({ scope, per }) => textOf(meter, scope, per))
  const theirs = operators.filter((c) => c.meter === meter && appliesTo(c.scope, name, tenant))
  return [...own, ...theirs.map(({ scope, per }) => textOf(meter, scope, per))]
}

const textOf = (meter: string, scope: string, per: string) =>
  `${meter} per ${scope}${per === 'total' ? '' : ` and ${per}`}`

function exposureOf(every: readonly Bounded[], { atOnce }: Surroundings): Exposure {
  const writes = every.flatMap(({ tools, unwinds }) =>
    tools.filter(({ effect }) => effect !== 'read').flatMap((one) => (unwinds && one.undo ? [one, one.undo] : [one])),
  )
  const longest = Math.max(0, ...writes.map(({ timeoutMs, settlesMs }) => timeoutMs + settlesMs + LIMITS.grace_ms))
  if (writes.length === 0) return { acts: 0, forMs: 0 }
  return { acts: atOnce ?? null, forMs: longest }
}
