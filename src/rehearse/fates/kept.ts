import type { Fates } from '../fates.js'
import type { FaultName, Strike } from '../fault.js'
import { type Place, type Site, type SiteKey, siteKey } from '../site.js'

/** Picks at most one fault for a visit, among those that may strike there. */
export type Pick = (place: Place, may: readonly FaultName[]) => FaultName | null

/** Counts visits and keeps what struck, whoever decides. */
export class KeptFates implements Fates {
  readonly struck: Strike[] = []
  readonly bitten = new Set<Strike>()
  readonly visits = new Map<SiteKey, number>()
  #ceased = false

  constructor(
    private readonly pick: Pick,
    /** Whether there comes a time after which nothing strikes any more. */
    private readonly its: { readonly ceases: boolean } = { ceases: true },
  ) {}

  at(site: Site, may: readonly FaultName[]): Strike | null {
    const key = siteKey(site)
    const nth = (this.visits.get(key) ?? 0) + 1
    this.visits.set(key, nth)
    if (this.#ceased || may.length === 0) return null
    const place: Place = `${key}#${nth}`
    const fault = this.pick(place, may)
    if (fault === null) return null
    const strike: Strike = { fault, place }
    this.struck.push(strike)
    return strike
  }

  bit(strike: Strike): void {
    this.bitten.add(strike)
  }

  cease(): void {
    this.#ceased = this.its.ceases
  }
}
