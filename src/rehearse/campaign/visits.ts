import { FAULT_NAMES, FAULTS, type FaultName, type Strike } from '../fault.js'
import { placeOf, type SiteKey, type SiteKind, siteOf } from '../site.js'

/** How often each site was visited in a case, or at most in several. */
export type Visits = Readonly<Record<SiteKey, number>>

export const kindOf = (key: SiteKey): SiteKind => key.slice(0, key.indexOf(':')) as SiteKind

/** What `visits` has beyond `known`: sites that were visited more often than that. */
export function beyond(visits: Visits, known: Visits): Visits {
  const more = keysOf(visits).filter((key) => (visits[key] ?? 0) > (known[key] ?? 0))
  return Object.fromEntries(more.map((key) => [key, visits[key] ?? 0]))
}

/** Takes in visits; tells what of them was new. */
export function raise(known: Record<SiteKey, number>, visits: Visits): Visits {
  const news = beyond(visits, known)
  Object.assign(known, news)
  return news
}

/** Every strike that the catalogue allows at the visits from `after` on (default: all), in the order of the sites' names. */
export function strikesAt(visits: Visits, faults: readonly FaultName[], after: Visits = {}): Strike[] {
  return keysOf(visits).flatMap((key) => {
    const here = faults.filter((fault) => strikesKind(fault, kindOf(key)))
    return visitsFrom(key, (after[key] ?? 0) + 1, visits[key] ?? 0).flatMap((place) =>
      here.map((fault): Strike => ({ fault, place })),
    )
  })
}

/** Faults that can strike at sites of a kind, in the order of the catalogue. */
export function faultsAt(kind: SiteKind, faults: readonly FaultName[] = FAULT_NAMES): FaultName[] {
  return faults.filter((fault) => strikesKind(fault, kind))
}

export function countPlaces(visits: Visits): number {
  return Object.values(visits).reduce((sum, most) => sum + most, 0)
}

function strikesKind(fault: FaultName, kind: SiteKind): boolean {
  return (FAULTS[fault].at as readonly SiteKind[]).includes(kind)
}

function visitsFrom(key: SiteKey, first: number, last: number) {
  const site = siteOf(`${key}#1`).site
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => placeOf(site, first + at))
}

export function keysOf(visits: Visits): SiteKey[] {
  return (Object.keys(visits) as SiteKey[]).sort()
}
