import { MidwatchError } from '../core/errors.js'
import { LIMITS } from '../core/limits.js'
import {
  BUILT_IN_METERS,
  type BuiltInMeter,
  type Charge,
  type MeterKind,
  WINDOWS,
  type Window,
} from '../core/meters.js'
import { type Usd, usdMicros } from '../core/money.js'
import { type Duration, durationMs } from '../core/time.js'

type CountMeter = Exclude<BuiltInMeter, 'usd' | 'active' | 'depth'>
/** Totals. `active`: working time of steps; `deadline`: everything, people included. Money of a tool's meter is in dollars. */
export type Limits<M extends string> = { readonly [K in CountMeter | Exclude<M, 'usd'>]?: number } & {
  readonly usd?: Usd
  readonly active?: Duration
  readonly deadline?: Duration
}
export type WindowName = Exclude<Window, 'total'>
/** Limits per calendar window, UTC. */
export type Windowed<M extends string> = {
  readonly [K in CountMeter | Exclude<M, 'usd'>]?: { readonly per: WindowName; readonly max: number }
} & { readonly usd?: { readonly per: WindowName; readonly max: Usd } }

/** `depth`: how many levels of runs may be below this one. */
export type RunLimits<M extends string> = Limits<M> & { readonly depth?: number }

/** Ceilings of one agent. `tenant`: this agent's use within the tenant; `agent`: its use over all tenants. */
export interface Ceilings<M extends string> {
  readonly run?: RunLimits<M>
  readonly session?: Omit<Limits<M>, 'deadline'>
  readonly tenant?: Windowed<M>
  readonly agent?: Windowed<M>
}

export const CEILING_SCOPES = ['run', 'session', 'tenant', 'agent'] as const
export type CeilingScope = (typeof CEILING_SCOPES)[number]

/** One ceiling, in the meter's smallest unit. */
export interface Ceiling {
  readonly scope: CeilingScope
  readonly meter: string
  readonly per: Window
  readonly limit: number
  /** The policy says it itself; else it is a default. */
  readonly named: boolean
}

/** Meters of which a default binds everything below a run as well: what is spent, not how it is worked. */
export const DEFAULT_BELOW: ReadonlySet<string> = new Set([
  'usd',
  'input_tokens',
  'output_tokens',
  'reasoning_tokens',
  'model_calls',
  'depth',
])

/** What holds when an agent names nothing: every agent has ceilings. */
export const DEFAULT_RUN_LIMITS = {
  steps: 100,
  model_calls: 60,
  tool_calls: 100,
  attempts: 200,
  retries: 20,
  strikes: 5,
  input_tokens: 2_000_000,
  output_tokens: 200_000,
  reasoning_tokens: 200_000,
  context_tokens: 128_000,
  depth: 5,
  usd: '$1',
  active: '10m',
} as const satisfies Limits<never> & { readonly depth: number }

/** Converts amounts of a meter as users write them to its smallest unit. */
export type ToSmallest = (meter: string, amount: number) => number

/**
 * All ceilings of a policy, defaults filled in, in a fixed order. Throws `invalid_definition`, or what the amount is wrong
 * in: `invalid_money`, `invalid_duration`, `meter_amount_invalid`.
 */
export function ceilingsOf(policy: Ceilings<string>, toSmallest: ToSmallest): Ceiling[] {
  const found: Ceiling[] = []
  // A limit left undefined is one that nobody set, not one that was lifted.
  const own = Object.fromEntries(Object.entries(policy.run ?? {}).filter(([, value]) => value !== undefined))
  const run: Record<string, unknown> = { ...DEFAULT_RUN_LIMITS, ...own }
  for (const [scope, limits] of [
    ['run', run],
    ['session', policy.session],
    ['tenant', policy.tenant],
    ['agent', policy.agent],
  ] as const) {
    for (const [name, value] of Object.entries(limits ?? {})) {
      if ((name === 'deadline' && scope === 'run') || value === undefined) continue
      const named = scope !== 'run' || Object.hasOwn(own, name)
      found.push({ ...ceilingOf(scope, name, value, toSmallest), named })
    }
  }
  const steps = found.find((c) => c.scope === 'run' && c.meter === 'steps')
  if (steps && steps.limit > LIMITS.steps_per_run) {
    throw new MidwatchError(
      'invalid_definition',
      `ceilings: a run has at most ${LIMITS.steps_per_run} steps; ${steps.limit} is too many.`,
    )
  }
  return found
}

function ceilingOf(scope: CeilingScope, name: string, value: unknown, toSmallest: ToSmallest): Omit<Ceiling, 'named'> {
  const windowed = typeof value === 'object' && value !== null ? (value as { per: Window; max: unknown }) : null
  if (windowed !== null && (scope === 'run' || scope === 'session')) {
    throw new MidwatchError('invalid_definition', `ceilings: ${scope}.${name} is a total; leave the window out.`)
  }
  const per = windowed ? windowed.per : 'total'
  if (!WINDOWS.includes(per)) throw new MidwatchError('invalid_definition', `ceilings: '${String(per)}' is no window.`)
  return { scope, meter: name, per, limit: limitOf(name, windowed ? windowed.max : value, toSmallest) }
}

/** One limit in its meter's smallest unit. Throws as `ceilingsOf` does. */
export function limitOf(name: string, value: unknown, toSmallest: ToSmallest): number {
  if (name === 'usd') return usdMicros(value as Usd)
  if (name === 'active') return durationMs(value as Duration)
  if (typeof value !== 'number') throw new MidwatchError('invalid_definition', `ceilings: ${name} needs a number.`)
  return toSmallest(name, value)
}

/** Milliseconds a run may take in all. */
export function deadlineMs(policy: { readonly run?: { readonly deadline?: Duration } }): number {
  const { deadline } = policy.run ?? {}
  return deadline === undefined ? LIMITS.run_deadline_ms : durationMs(deadline)
}

/** Where a run's shared meters are counted. */
export interface MeterScopes {
  readonly session: string | null
  readonly tenant: string
  readonly agent: string
}

export function meterScopes(run: { tenant: string; agent: string; session: string | null }): MeterScopes {
  return {
    session: run.session === null ? null : `session:${run.tenant}/${run.session}`,
    tenant: `tenant:${run.tenant}/${run.agent}`,
    agent: `agent:${run.agent}`,
  }
}

export function kindOf(meter: string): MeterKind {
  return Object.hasOwn(BUILT_IN_METERS, meter) ? BUILT_IN_METERS[meter as BuiltInMeter] : 'sum'
}

/** Every charge of a step: its amounts on the run itself and on each scope that has a ceiling for the meter. */
export function chargesFor(
  amounts: Readonly<Record<string, number>>,
  ceilings: readonly Ceiling[],
  scopes: MeterScopes,
): Charge[] {
  const charges: Charge[] = []
  for (const [meter, amount] of Object.entries(amounts)) {
    const kind = kindOf(meter)
    const own = ceilings.find((c) => c.scope === 'run' && c.meter === meter)
    charges.push({ at: 'run', scope: '', meter, kind, per: 'total', amount, limit: own?.limit ?? null })
    for (const c of ceilings) {
      if (c.meter !== meter || c.scope === 'run') continue
      const scope = scopes[c.scope]
      if (scope !== null) charges.push({ at: 'shared', scope, meter, kind, per: c.per, amount, limit: c.limit })
    }
  }
  return charges
}
