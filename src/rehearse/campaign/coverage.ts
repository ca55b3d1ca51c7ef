import { type Place, SITE_KINDS, type SiteKey, type SiteKind, siteOf } from '../site.js'
import type { Case } from './case.js'
import type { News } from './played.js'
import { countPlaces, keysOf, kindOf, raise, type Visits } from './visits.js'

/** Places of one kind of site: those of the calm plays, and those that were reached only once something had struck. */
export interface KindCoverage {
  readonly kind: SiteKind
  readonly calm: { readonly known: number; readonly struck: number }
  readonly later: { readonly known: number; readonly struck: number }
}

/** Where cases of one scenario have been, and where something has struck, by story. */
export class Coverage {
  readonly #calm = new Map<string, Visits>()
  readonly #known = new Map<string, Record<SiteKey, number>>()
  readonly #struck = new Map<string, Set<Place>>()

  /** A play of a story in which nothing strikes. */
  calm(story: string, visits: Visits): void {
    this.#calm.set(story, visits)
    raise(this.#of(story), visits)
  }

  calmOf(story: string): Visits {
    return this.#calm.get(story) ?? {}
  }

  /** The most visits of each site that any case of a story had. */
  knownOf(story: string): Visits {
    return this.#of(story)
  }

  /** Takes in what a case brought; true where it went where none had been. */
  learn({ story }: Case, { raised, placesStruck }: News): boolean {
    const struck = this.#struck.get(story) ?? new Set()
    this.#struck.set(story, struck)
    for (const place of placesStruck) struck.add(place)
    return keysOf(raise(this.#of(story), raised)).length > 0
  }

  /** All kinds of sites that the scenario has. */
  report(): KindCoverage[] {
    return SITE_KINDS.map((kind) => this.#kind(kind)).filter(({ calm, later }) => calm.known + later.known > 0)
  }

  #kind(kind: SiteKind): KindCoverage {
    const [calm, later] = [
      { known: 0, struck: 0 },
      { known: 0, struck: 0 },
    ]
    for (const [story, known] of this.#known) {
      const ofKind = only(known, kind)
      const inCalm = countPlaces(only(this.calmOf(story), kind))
      calm.known += inCalm
      later.known += countPlaces(ofKind) - inCalm
      for (const place of this.#struck.get(story) ?? []) {
        if (siteOf(place).site.kind === kind) this.#isCalm(story, place) ? calm.struck++ : later.struck++
      }
    }
    return { kind, calm, later }
  }

  #isCalm(story: string, place: Place): boolean {
    const key = place.slice(0, place.lastIndexOf('#')) as SiteKey
    return siteOf(place).nth <= (this.calmOf(story)[key] ?? 0)
  }

  #of(story: string): Record<SiteKey, number> {
    const known = this.#known.get(story) ?? {}
    this.#known.set(story, known)
    return known
  }
}

function only(visits: Visits, kind: SiteKind): Visits {
  return Object.fromEntries(
    keysOf(visits)
      .filter((key) => kindOf(key) === kind)
      .map((key) => [key, visits[key] ?? 0]),
  )
}
