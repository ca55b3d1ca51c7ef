import type { Charge } from '../core/meters.js'
import { type Ceiling, DEFAULT_BELOW, kindOf, type MeterScopes, meterScopes } from './ceilings.js'

/** One ceiling of a run above, in the meter's smallest unit. */
export type CeilingAbove = Pick<Ceiling, 'scope' | 'meter' | 'per' | 'limit'>

/** A run above another one: what its policy lets everything below it use. A child's admission pins one for each. */
export interface Above {
  readonly runId: string
  /** How many runs are above that one. */
  readonly depth: number
  readonly ceilings: readonly CeilingAbove[]
  /** Where its policy's shared meters are counted. */
  readonly scopes: MeterScopes
}

type Placed = Parameters<typeof meterScopes>[0] & { readonly runId: string; readonly depth: number }

/**
 * What a run passes on to those below it: every ceiling that its policy names, and of the defaults those on what is spent.
 * A default that counts work, such as steps, binds each run by itself.
 */
export function aboveOf(run: Placed, ceilings: readonly Ceiling[]): Above {
  const binding = ceilings.filter((c) => c.named || DEFAULT_BELOW.has(c.meter))
  return {
    runId: run.runId,
    depth: run.depth,
    ceilings: binding.map(({ scope, meter, per, limit }) => ({ scope, meter, per, limit })),
    scopes: meterScopes(run),
  }
}

/** What a step costs the runs above: on their own meters, and in the scopes of their policies. */
export function chargesAbove(amounts: Readonly<Record<string, number>>, above: readonly Above[]): Charge[] {
  return above.flatMap(({ runId, ceilings, scopes }) =>
    ceilings.flatMap(({ scope: at, meter, per, limit }): Charge[] => {
      const amount = amounts[meter]
      if (amount === undefined) return []
      const what = { meter, kind: kindOf(meter), per, amount, limit }
      if (at === 'run') return [{ at: 'above', scope: `run:${runId}`, ...what }]
      const scope = scopes[at]
      return scope === null ? [] : [{ at: 'shared', scope, ...what }]
    }),
  )
}

/** One charge for each meter, scope and window, under the lowest of its limits: what two policies count is counted once. */
export function merged(charges: readonly Charge[]): Charge[] {
  const found = new Map<string, Charge>()
  for (const charge of charges) {
    const key = `${charge.scope}|${charge.meter}|${charge.per}`
    const before = found.get(key)
    found.set(key, before ? { ...before, limit: lower(before.limit, charge.limit) } : charge)
  }
  return [...found.values()]
}

const lower = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b)

/** The run above that lets nobody start so deep; null where all do. `used`: how many levels below it that would be. */
export function tooDeep(
  depth: number,
  above: readonly Above[],
): { readonly used: number; readonly limit: number } | null {
  for (const { depth: at, ceilings } of above) {
    const ceiling = ceilings.find((c) => c.meter === 'depth')
    if (ceiling && depth - at > ceiling.limit) return { used: depth - at, limit: ceiling.limit }
  }
  return null
}

/** Ceilings of a child that is given a share of what its parent has left, on each sum that binds below the parent. */
export function shareOf(
  share: number,
  ceilings: readonly Ceiling[],
  meters: Readonly<Record<string, { readonly used: number; readonly reserved: number }>>,
): { readonly meter: string; readonly limit: number }[] {
  return ceilings.flatMap((c) => {
    if (c.scope !== 'run' || kindOf(c.meter) !== 'sum' || !(c.named || DEFAULT_BELOW.has(c.meter))) return []
    const { used = 0, reserved = 0 } = meters[c.meter] ?? {}
    return [{ meter: c.meter, limit: Math.floor(Math.max(0, c.limit - used - reserved) * share) }]
  })
}

/** A run's ceilings with the share that it was given: the lower one holds, and binds all below it. */
export function withShare(
  ceilings: readonly Ceiling[],
  share: readonly { readonly meter: string; readonly limit: number }[],
): readonly Ceiling[] {
  if (share.length === 0) return ceilings
  const given = new Map(share.map(({ meter, limit }) => [meter, limit]))
  const own = ceilings.map((c) => {
    const limit = c.scope === 'run' ? given.get(c.meter) : undefined
    return limit === undefined ? c : { ...c, limit: Math.min(c.limit, limit), named: true }
  })
  const known = new Set(ceilings.filter((c) => c.scope === 'run').map((c) => c.meter))
  const more = share.filter(({ meter }) => !known.has(meter))
  return [
    ...own,
    ...more.map(({ meter, limit }) => ({ scope: 'run' as const, meter, per: 'total' as const, limit, named: true })),
  ]
}
