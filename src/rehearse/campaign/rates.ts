import { rateOf } from '../fates/by-rates.js'
import { FAULT_NAMES, type FaultName, type FaultRates } from '../fault.js'
import type { Scenario } from '../scenario.js'

/** Rates that switch off every fault but those that are named; undefined where there is nothing to switch off. */
export function ratesFor(named: readonly FaultName[] | null): FaultRates | undefined {
  const off = named === null ? [] : FAULT_NAMES.filter((name) => !named.includes(name))
  return off.length === 0 ? undefined : Object.fromEntries(off.map((name) => [name, 0]))
}

/** What can strike a scenario: what is named, else all that has a rate in it. */
export function faultsOf({ options }: Scenario, named: readonly FaultName[] | null): readonly FaultName[] {
  return named ?? FAULT_NAMES.filter((name) => rateOf(name, options.faults ?? {}) > 0)
}
