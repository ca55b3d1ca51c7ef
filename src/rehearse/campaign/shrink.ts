import type { Strike } from '../fault.js'
import { placeOf, siteOf } from '../site.js'
import type { Verdict } from '../verdict.js'
import { type BrokenThing, breaksAgain } from './broken-thing.js'
import type { Case } from './case.js'

/** Plays that one shrinking may take. */
const MOST_PLAYS = 300
/** Earlier visits of a place that are tried, from the first. */
const EARLIER = 6

/** The smallest case that was found to break the same thing. */
export interface Shrunk {
  readonly case: Case
  readonly verdict: Verdict
  readonly plays: number
  /** False: by its strikes alone it does not break; then `case` is the case as it was found. */
  readonly again: boolean
}

/**
 * Reduces a case that breaks `thing`: fewer strikes, then earlier ones, then fewer messages, and once more. The case names
 * exact strikes. Adaptive, but the same for the same case.
 */
export async function shrink(
  found: Case,
  verdict: Verdict,
  thing: BrokenThing,
  play: (one: Case) => Promise<Verdict | null>,
  messages: number,
): Promise<Shrunk> {
  const shrinking = new Shrinking(found, verdict, thing, play)
  const again = await shrinking.holds(found)
  if (again) {
    await shrinking.dropStrikes()
    await shrinking.dropMessages(messages)
    await shrinking.moveEarlier()
    await shrinking.dropStrikes()
  }
  return { case: shrinking.best, verdict: shrinking.verdict, plays: shrinking.plays, again }
}

class Shrinking {
  plays = 0

  constructor(
    public best: Case,
    public verdict: Verdict,
    private readonly thing: BrokenThing,
    private readonly play: (one: Case) => Promise<Verdict | null>,
  ) {}

  /** Plays a case; where it breaks the same thing it is the best one from now on. */
  async holds(one: Case): Promise<boolean> {
    if (this.plays >= MOST_PLAYS) return false
    this.plays += 1
    const verdict = await this.play(one)
    if (!verdict || !breaksAgain(verdict, this.thing)) return false
    this.best = one
    this.verdict = verdict
    return true
  }

  get #strikes(): readonly Strike[] {
    return this.best.strikes ?? []
  }

  #with(strikes: readonly Strike[]): Promise<boolean> {
    return this.holds({ ...this.best, strikes })
  }

  /** Delta debugging: leaves out halves, then quarters, then single strikes, as long as something can be left out. */
  async dropStrikes(): Promise<void> {
    let parts = 2
    while (this.#strikes.length > 0) {
      const size = Math.max(1, Math.ceil(this.#strikes.length / parts))
      if (await this.#dropOne(size)) parts = Math.max(2, parts - 1)
      else if (size === 1) return
      else parts = Math.min(this.#strikes.length, parts * 2)
    }
  }

  async #dropOne(size: number): Promise<boolean> {
    const strikes = this.#strikes
    for (let from = 0; from < strikes.length; from += size) {
      if (await this.#with(strikes.filter((_, at) => at < from || at >= from + size))) return true
    }
    return false
  }

  /** From the last message on: the first one mostly is what matters. */
  async dropMessages(count: number): Promise<void> {
    const all = Array.from({ length: count }, (_, at) => at + 1)
    for (const gone of all.reverse()) {
      const kept = (this.best.messages ?? all).filter((no) => no !== gone).sort((a, b) => a - b)
      if (kept.length > 0) await this.holds({ ...this.best, messages: kept })
    }
  }

  async moveEarlier(): Promise<void> {
    for (const strike of this.#strikes) {
      const { site, nth } = siteOf(strike.place)
      for (let visit = 1; visit < Math.min(nth, 1 + EARLIER); visit += 1) {
        const moved: Strike = { fault: strike.fault, place: placeOf(site, visit) }
        const others = this.#strikes.filter(({ place }) => place !== strike.place)
        if (others.some(({ place }) => place === moved.place)) continue
        if (await this.#with([...others, moved])) break
      }
    }
  }
}
