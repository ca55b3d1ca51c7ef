import type { FaultName, Strike } from './fault.js'
import type { Site, SiteKey } from './site.js'

/** Decides what goes wrong in one case, and remembers it. One for each played case. */
export interface Fates {
  /**
   * Asked at each visit of a site, by whoever is about to pass it; counts the visit. `may`: what can strike here, in the
   * order in which it is looked at. At most one fault strikes a visit.
   */
  at(site: Site, may: readonly FaultName[]): Strike | null
  /** Told when a strike had a consequence: a worker died that held something, an answer that mattered was lost. */
  bit(strike: Strike): void
  /** After this nothing strikes any more: the world comes to rest. Visits are counted on. */
  cease(): void
  readonly struck: readonly Strike[]
  readonly bitten: ReadonlySet<Strike>
  /** Visits by site. */
  readonly visits: ReadonlyMap<SiteKey, number>
}
