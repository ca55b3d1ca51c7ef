import type { Charge } from '../core/meters.js'
import { chargesAbove, merged } from '../govern/above.js'
import { chargesFor, kindOf, meterScopes } from '../govern/ceilings.js'
import type { Activation } from './activation.js'
import type { Intent } from './journal.js'
import { lowerHere } from './stage-here.js'

/** What a step would cost at worst, wherever it is counted: the run and those above it, policies' scopes, operators' ceilings, a lane. */
export function stepCharges(
  run: Activation,
  amounts: Readonly<Record<string, number>>,
  tool: string | null,
  lane: string | null,
): Charge[] {
  const { definition, engine } = run
  const { above } = run.kin
  const some = Object.fromEntries(Object.entries(amounts).filter(([, amount]) => amount > 0))
  const own = new Set(definition.meters)
  const scopes = meterScopes(run.run)
  const of = chargesFor(some, run.kin.ceilings, scopes)
    .filter((c) => c.at === 'shared' || own.has(c.meter))
    .map((c) => (c.at === 'run' ? { ...c, limit: limitNow(run, c.meter, c.limit) } : c))
  const charges = above.length === 0 ? of : merged([...of, ...chargesAbove(some, above)])
  const covering = new Set(['fleet', `tenant:${run.run.tenant}`, tool === null ? null : `tool:${tool}`])
  for (const scope of [scopes, ...above.map((one) => one.scopes)].flatMap(Object.values)) covering.add(scope)
  for (const { scope, meter, per } of engine.ceilings()) {
    const amount = some[meter]
    const counted = charges.some((c) => c.scope === scope && c.meter === meter && c.per === per)
    if (amount === undefined || counted || !covering.has(scope)) continue
    charges.push({ at: 'shared', scope, meter, kind: kindOf(meter), per, amount, limit: null })
  }
  const cap = lane === null ? null : engine.lanes.fleetCap(lane)
  if (cap !== null) {
    charges.push({
      at: 'shared',
      scope: 'fleet',
      meter: `lane:${lane}`,
      kind: 'level',
      per: 'total',
      amount: 1,
      limit: cap,
    })
  }
  return charges
}

/** The run's own limit: the lower of its policy's and its stage's, or what its wind-down has room for. */
function limitNow(run: Activation, meter: string, limit: number | null): number | null {
  if (run.unwinding === null) return lowerHere(run, meter, limit)
  return limit === null ? null : Math.max(limit, run.unwinding.room[meter] ?? 0)
}

/** The counts of one attempt of a step. What an attempt that it supersedes had counted goes on with it. */
export function attemptCounts(p: {
  first: boolean
  calls: 'tool_calls' | 'model_calls'
  activeMs: number
  before: Intent | null
}): Record<string, number> {
  const carried = (meter: string) => p.before?.charges.find((c) => c.at === 'run' && c.meter === meter)?.amount ?? 0
  return {
    steps: (p.first ? 1 : 0) + carried('steps'),
    [p.calls]: 1 + carried(p.calls),
    attempts: 1 + carried('attempts'),
    retries: (p.first ? 0 : 1) + carried('retries'),
    active: p.activeMs + carried('active'),
  }
}
