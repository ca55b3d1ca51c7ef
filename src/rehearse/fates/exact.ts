import type { FaultName, Strike } from '../fault.js'
import type { Place } from '../site.js'
import { KeptFates, type Pick } from './kept.js'

/** What a case is replayed, enumerated and shrunk by: these faults at these places, and no others, however late. */
export function exactFates(strikes: readonly Strike[]): KeptFates {
  const at = new Map<Place, FaultName[]>()
  for (const { place, fault } of strikes) at.set(place, [...(at.get(place) ?? []), fault])
  const pick: Pick = (place, may) => at.get(place)?.find((fault) => may.includes(fault)) ?? null
  return new KeptFates(pick, { ceases: false })
}
