import type { FaultRates } from '../fault.js'
import type { Scenario } from '../scenario.js'
import type { Place, SiteKey } from '../site.js'
import type { Verdict } from '../verdict.js'
import { brokenThings, thingKey } from './broken-thing.js'
import { type Case, type Play, withMessages } from './case.js'
import { append, type How, lostCase, type News, nothingPlayed, type Played } from './played.js'
import { tallyVerdict } from './tally.js'
import { isUnplayable } from './unplayable.js'
import { beyond, raise } from './visits.js'

/** Whole verdicts of failures alike that one player tells; the campaign keeps as many. */
export const ALIKE = 3
const DIGEST_DIGITS = 16

/** What cases are played with, the same for a whole campaign. */
export interface Setting {
  readonly play: Play
  /** Plays each counted case once more, with the naive twin. */
  readonly naive?: Play
  /** In place of the same faults' rates of scenarios. */
  readonly rates?: FaultRates
}

/**
 * Plays cases one after another and tells what they came to, compacted: sums, and only what is new to this player. As each
 * player is handed cases in rising order, what is new to a campaign is always among what is new to some player.
 */
export class Player {
  readonly #shapes = new Set<string>()
  readonly #places = new Set<string>()
  readonly #visits = new Map<string, Record<SiteKey, number>>()
  readonly #alike = new Map<string, number>()
  readonly #scenarios: ReadonlyMap<string, Scenario>

  constructor(
    scenarios: readonly Scenario[],
    private readonly setting: Setting,
  ) {
    this.#scenarios = new Map(scenarios.map((one) => [one.name, one]))
  }

  /** `at` is told before each case, so that whoever waits knows which one a player died in. */
  async play(cases: readonly Case[], how: How, at: (index: number) => void): Promise<Played> {
    const all = nothingPlayed(this.setting.naive !== undefined)
    for (const [index, one] of cases.entries()) {
      at(index)
      append(all, await this.#one(one, how), index)
    }
    return all
  }

  async #one(one: Case, how: How): Promise<Played> {
    const naive = this.setting.naive !== undefined
    try {
      const verdict = await this.#verdict(one, this.setting.play)
      if (how.aside) return { ...nothingPlayed(naive), verdicts: [verdict] }
      const played = this.#told(one, verdict, how)
      if (how.verdicts) played.verdicts.push(verdict)
      if (played.naive && this.setting.naive) {
        tallyVerdict(played.naive, one, await this.#verdict(one, this.setting.naive))
      }
      return played
    } catch (error) {
      if (isUnplayable(error)) throw error
      return lostCase(one, error instanceof Error ? (error.stack ?? error.message) : String(error), naive)
    }
  }

  #verdict(one: Case, play: Play): Promise<Verdict> {
    const scenario = this.#scenarios.get(one.scenario)
    if (!scenario) throw new Error(`This player knows no scenario '${one.scenario}'.`)
    const { story, seed, strikes } = one
    // Rates stand in place of the scenario's own, so these are kept.
    const rates = this.setting.rates && { ...scenario.options.faults, ...this.setting.rates }
    return play(withMessages(scenario, one), { story, seed, strikes, ...(rates && { rates }) })
  }

  #told(one: Case, verdict: Verdict, how: How): Played {
    const played = nothingPlayed(this.setting.naive !== undefined)
    tallyVerdict(played.tally, one, verdict)
    played.digests.push(verdict.digest.slice(0, DIGEST_DIGITS))
    played.struck.push(verdict.struck.length)
    if (how.beyond) played.beyond.push(beyond(verdict.visits, how.beyond))
    const news = this.#news(one, verdict)
    if (news) played.news.push(news)
    if (this.#worthTelling(one, verdict)) played.failures.push({ at: 0, verdict })
    return played
  }

  #news(one: Case, { shape, struck, visits }: Verdict): News | null {
    const story = `${one.scenario}|${one.story}`
    const known = this.#visits.get(story) ?? {}
    this.#visits.set(story, known)
    const raised = raise(known, visits)
    const placesStruck = struck.map(({ place }) => place).filter((place) => isNew(this.#places, story, place))
    const isNewShape = isNew(this.#shapes, story, shape)
    if (!isNewShape && placesStruck.length === 0 && Object.keys(raised).length === 0) return null
    return { at: 0, shape: isNewShape ? shape.slice(0, DIGEST_DIGITS) : null, raised, placesStruck, struck }
  }

  #worthTelling(one: Case, verdict: Verdict): boolean {
    const counts = brokenThings(verdict).map((thing) => {
      const key = `${one.scenario}|${thingKey(thing)}`
      const times = (this.#alike.get(key) ?? 0) + 1
      this.#alike.set(key, times)
      return times
    })
    return counts.some((times) => times <= ALIKE)
  }
}

/** Adds it; true where it was not there. */
function isNew(known: Set<string>, story: string, what: Place | string): boolean {
  const key = `${story}|${what}`
  if (known.has(key)) return false
  known.add(key)
  return true
}
