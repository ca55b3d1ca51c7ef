import type { Strike } from '../fault.js'
import type { Budget } from './budget.js'
import type { Crew } from './crew.js'
import type { Ground } from './ground.js'
import { type Batch, playInTurn } from './in-turn.js'
import { type Led, Pairs, RANKS, type Rank, rankOf } from './pairs.js'
import type { How, Played } from './played.js'
import { strikesAt, type Visits } from './visits.js'

const BATCH = 100
const UNDER_WAY = 4
const NONE: Exhausted = { possible: 0, done: 0, idle: 0 }

/** Of all strikes, or pairs of them, that the catalogue allows. `idle`: were played, and could not strike there. */
export interface Exhausted {
  readonly possible: number
  readonly done: number
  readonly idle: number
}

export interface Enumerated {
  readonly singles: Exhausted
  readonly pairs: Exhausted
}

/** Wherever something can go wrong in a scenario's stories, one thing after another, and then in pairs. */
export async function enumerate(
  ground: Ground,
  crew: Crew,
  seed: number,
  budget: Budget,
  pairs: number,
): Promise<Enumerated> {
  const stories = ground.stories.map((story) => new Enumeration(ground, story, seed, budget))
  await playInTurn(
    ground,
    crew,
    oneAfterAnother(RANKS.flatMap((rank) => stories.map((one) => one.singles(rank)))),
    UNDER_WAY,
  )
  await playInTurn(ground, crew, oneAfterAnother(stories.map((one) => one.pairs(pairs))), UNDER_WAY)
  return { singles: sum(stories.map((one) => one.single)), pairs: sum(stories.map((one) => one.pair)) }
}

type Planned = { readonly mode: string; readonly cases: number; readonly pairs: number }

/** The stories' calm plays: where there are places at all. */
export async function visitCalm(ground: Ground, crew: Crew, seed: number): Promise<void> {
  const cases = ground.stories.map((story) => ground.case(story, seed, [])).filter((one) => ground.isNew(one))
  const played = await crew.play(cases, { verdicts: true })
  for (const { id, visits } of played.verdicts) ground.coverage.calm(id.case, visits)
  ground.learn(cases, played)
}

/** How many cases a campaign will play, as far as calm plays can tell. */
export function plannedOf(ground: Ground, { mode, cases, pairs }: Planned): number {
  const singles = ground.stories.map((story) => strikesAt(ground.coverage.calmOf(story), ground.faults).length)
  const all = singles.reduce((total, n) => total + n + Math.min(pairs, (n * (n - 1)) / 2), ground.stories.length)
  if (mode === 'enumerate') return Math.min(cases, all)
  return mode === 'explore' ? cases + ground.stories.length : all + cases
}

class Enumeration {
  single: Exhausted
  pair: Exhausted = NONE
  readonly #calm: Visits
  readonly #strikes: readonly Strike[]
  readonly #able: Strike[] = []
  readonly #led: Led[] = []

  constructor(
    private readonly ground: Ground,
    private readonly story: string,
    private readonly seed: number,
    private readonly budget: Budget,
  ) {
    this.#calm = ground.coverage.calmOf(story)
    this.#strikes = strikesAt(this.#calm, ground.faults)
    this.single = { ...NONE, possible: this.#strikes.length }
  }

  /** Rank by rank, so that a campaign that ends early has at least killed a worker at every place of every story. */
  *singles(rank: Rank): Generator<Batch> {
    const strikes = this.#strikes.filter((strike) => rankOf(strike) === rank)
    const alone = strikes.map((strike): readonly Strike[] => [strike])
    yield* this.#batches(alone, { beyond: this.#calm }, (struck, visits) => {
      this.single = counted(this.single, visits !== null)
      if (visits !== null) this.#follow(struck, visits)
    })
  }

  /** Asked once the singles are played: only what can strike alone is paired. */
  *pairs(most: number): Generator<Batch> {
    const pairs = new Pairs(this.#able, this.#led)
    this.pair = { ...NONE, possible: pairs.possible }
    yield* this.#batches(pairs.take(most), { beyond: {} }, (_, visits) => {
      this.pair = counted(this.pair, visits !== null)
    })
  }

  #follow([first]: readonly Strike[], visits: Visits): void {
    if (!first) return
    this.#able.push(first)
    this.#led.push(...strikesAt(visits, this.ground.faults, this.#calm).map((second) => ({ first, second })))
  }

  /** `tell` hears of each case, and of what it visited beyond the calm play: null where not all its strikes struck. */
  *#batches(all: readonly (readonly Strike[])[], how: How, tell: Tell): Generator<Batch> {
    for (let from = 0; from < all.length; ) {
      const taken = this.budget.take(Math.min(BATCH, all.length - from))
      if (taken === 0) return
      const struck = all.slice(from, from + taken)
      const cases = struck.map((strikes) => this.ground.case(this.story, this.seed, strikes))
      for (const one of cases) this.ground.isNew(one)
      const learned = (played: Played) => {
        // A crew that was stopped has played the first of them.
        for (const [at, strikes] of struck.slice(0, played.digests.length).entries()) {
          tell(strikes, (played.struck[at] ?? 0) < strikes.length ? null : (played.beyond[at] ?? {}))
        }
      }
      yield { cases, how, learned }
      from += taken
    }
  }
}

type Tell = (strikes: readonly Strike[], beyond: Visits | null) => void

/** Lazily: a story is asked for its batches only when those before are handed out. */
function oneAfterAnother(stories: readonly Generator<Batch>[]): () => Batch | null {
  let at = 0
  return () => {
    for (; at < stories.length; at += 1) {
      const next = stories[at]?.next()
      if (next && !next.done) return next.value
    }
    return null
  }
}

const counted = ({ possible, done, idle }: Exhausted, struck: boolean): Exhausted => ({
  possible,
  done: done + 1,
  idle: idle + (struck ? 0 : 1),
})

function sum(all: readonly Exhausted[]): Exhausted {
  const of = (key: keyof Exhausted) => all.reduce((total, one) => total + one[key], 0)
  return { possible: of('possible'), done: of('done'), idle: of('idle') }
}
