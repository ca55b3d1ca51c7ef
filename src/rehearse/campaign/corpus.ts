import type { Chance } from '../chance.js'
import type { FaultName, Strike } from '../fault.js'
import { placeOf, type SiteKey, siteOf } from '../site.js'
import type { Case } from './case.js'
import { faultsAt, keysOf, kindOf, type Visits } from './visits.js'

interface Member {
  readonly case: Case
  readonly strikes: readonly Strike[]
  picked: number
}

/** Cases that led somewhere new, as a ground to go on from. */
export class Corpus {
  readonly #members: Member[] = []
  readonly #shapes = new Set<string>()

  get size(): number {
    return this.#members.length
  }

  /** How many shapes of journals there were, over all stories. */
  get shapes(): number {
    return this.#shapes.size
  }

  /** True where no case of this story had a journal of this shape. */
  learnShape(story: string, shape: string): boolean {
    const before = this.#shapes.size
    return this.#shapes.add(`${story}|${shape}`).size > before
  }

  keep(one: Case, strikes: readonly Strike[]): void {
    this.#members.push({ case: one, strikes, picked: 0 })
  }

  /** Of two members by chance the one that was gone on from less. */
  pick(chance: Chance): { readonly case: Case; readonly strikes: readonly Strike[] } | null {
    const member = (purpose: string) => this.#members[Math.floor(chance.of(purpose) * this.#members.length)]
    const [a, b] = [member('one'), member('other')]
    if (!a || !b) return null
    const picked = b.picked < a.picked ? b : a
    picked.picked += 1
    return picked
  }
}

/** The same strikes but for one: added, dropped or moved. */
export function mutated(
  strikes: readonly Strike[],
  visits: Visits,
  faults: readonly FaultName[],
  chance: Chance,
): Strike[] {
  const how = chance.of('how')
  const at = Math.floor(chance.of('which') * strikes.length)
  const others = strikes.filter((_, index) => index !== at)
  const changed = strikes[at]
  if (!changed || how < 0.5) return withNew(strikes, anyStrike(visits, faults, chance))
  if (how < 0.65 && strikes.length > 1) return others
  return withNew(others, movedStrike(changed, visits, chance))
}

/** At most one fault strikes a visit. */
function withNew(strikes: readonly Strike[], one: Strike | null): Strike[] {
  if (!one || strikes.some(({ place }) => place === one.place)) return [...strikes]
  return [...strikes, one]
}

/** Each kind of site is as likely as the others, however many sites it has. */
function anyStrike(visits: Visits, faults: readonly FaultName[], chance: Chance): Strike | null {
  const keys = keysOf(visits).filter((key) => faultsAt(kindOf(key), faults).length > 0)
  const kind = pick([...new Set(keys.map(kindOf))], chance.of('kind'))
  const key = pick(
    keys.filter((one) => kindOf(one) === kind),
    chance.of('site'),
  )
  if (key === undefined || kind === undefined) return null
  const fault = pick(faultsAt(kind, faults), chance.of('fault'))
  return fault === undefined ? null : { fault, place: someVisit(key, visits, chance) }
}

/** The same fault at another visit of the site, or at another site of its kind. */
function movedStrike({ fault, place }: Strike, visits: Visits, chance: Chance): Strike {
  const { kind, name } = siteOf(place).site
  const stays = chance.of('stays') < 0.5
  const keys = keysOf(visits).filter((key) => (stays ? key === `${kind}:${name}` : kindOf(key) === kind))
  const key = pick(keys, chance.of('site'))
  return key === undefined ? { fault, place } : { fault, place: someVisit(key, visits, chance) }
}

function someVisit(key: SiteKey, visits: Visits, chance: Chance) {
  return placeOf(siteOf(`${key}#1`).site, 1 + Math.floor(chance.of('visit') * (visits[key] ?? 1)))
}

function pick<T>(list: readonly T[], share: number): T | undefined {
  return list[Math.floor(share * list.length)]
}
