import { chanceOf } from '../chance.js'
import type { Budget } from './budget.js'
import type { Case } from './case.js'
import { mutated } from './corpus.js'
import type { Crew } from './crew.js'
import type { Ground } from './ground.js'
import { playInTurn } from './in-turn.js'

/** Cases that are planned together. Each round knows what all but the last one found, whoever is quicker. */
const ROUND = 100
const UNDER_WAY = 2
/** Of each round, cases that go on from one which led somewhere new. */
const FROM_CORPUS = 0.5
const TRIES = 4

export interface Explored {
  readonly cases: number
  readonly mutated: number
  /** Shapes of journals that were seen, calm ones and enumerated ones among them. */
  readonly shapes: number
  readonly corpus: number
}

/** Plays seeds by the rates of the faults, and goes on from those that led somewhere new. */
export async function explore(ground: Ground, crew: Crew, seed: number, budget: Budget): Promise<Explored> {
  const planning = new Planning(ground, seed)
  const next = () => {
    const cases = planning.next(budget.take(ROUND))
    return cases.length === 0 ? null : { cases }
  }
  await playInTurn(ground, crew, next, UNDER_WAY)
  const { cases, mutated: gone } = planning
  return { cases, mutated: gone, shapes: ground.corpus.shapes, corpus: ground.corpus.size }
}

class Planning {
  cases = 0
  mutated = 0
  #fresh = 0

  constructor(
    private readonly ground: Ground,
    private readonly seed: number,
  ) {}

  next(count: number): Case[] {
    return Array.from({ length: count }, () => this.#one())
  }

  #one(): Case {
    const purpose = `${this.seed}/explore/${this.cases}`
    this.cases += 1
    // The first round is all seeds, so that `--cases 1 --seed N` plays seed N.
    if (this.cases > ROUND && chanceOf(purpose).of('from corpus') < FROM_CORPUS) {
      for (let at = 0; at < TRIES; at += 1) {
        const one = this.#goOn(`${purpose}/${at}`)
        if (!one || !this.ground.isNew(one)) continue
        this.mutated += 1
        return one
      }
    }
    return this.#anew()
  }

  #goOn(purpose: string): Case | null {
    const chance = chanceOf(purpose)
    const member = this.ground.corpus.pick(chance)
    if (!member) return null
    const known = this.ground.coverage.knownOf(member.case.story)
    return { ...member.case, strikes: mutated(member.strikes, known, this.ground.faults, chance) }
  }

  /** Every story at a seed, then the next seed. */
  #anew(): Case {
    const { stories } = this.ground
    const story = stories[this.#fresh % stories.length] ?? ''
    const one = this.ground.case(story, this.seed + Math.floor(this.#fresh / stories.length), null)
    this.#fresh += 1
    this.ground.isNew(one)
    return one
  }
}
