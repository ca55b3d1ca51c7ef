import { FAULT_NAMES, type FaultName, type FaultRates } from '../fault.js'

/** Rates that switch off every fault but these; undefined where all are wanted. */
export function ratesFor(faults: readonly FaultName[]): FaultRates | undefined {
  const off = FAULT_NAMES.filter((name) => !faults.includes(name))
  return off.length === 0 ? undefined : Object.fromEntries(off.map((name) => [name, 0]))
}
