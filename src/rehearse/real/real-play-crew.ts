import type { Case, Play } from '../campaign/case.js'
import type { Crew } from '../campaign/crew.js'
import type { How, Played } from '../campaign/played.js'
import { SoloCrew } from '../campaign/solo-crew.js'
import { play } from '../play.js'
import type { Scenario } from '../scenario.js'

/**
 * Plays a campaign's cases over real processes, one after another. What is played aside, to find the smallest case that
 * breaks the same, is simulated: it wants hundreds of plays, and the same answer each time.
 */
export class RealPlayCrew implements Crew {
  readonly #real: SoloCrew
  readonly #simulated: SoloCrew

  constructor(
    scenarios: readonly Scenario[],
    setting: ConstructorParameters<typeof SoloCrew>[1] & { readonly play: Play },
  ) {
    this.#real = new SoloCrew(scenarios, setting)
    this.#simulated = new SoloCrew(scenarios, { ...setting, play })
  }

  get done(): number {
    return this.#real.done
  }

  play(cases: readonly Case[], how: How = {}): Promise<Played> {
    return (how.aside ? this.#simulated : this.#real).play(cases, how)
  }

  close(): void {
    this.#real.close()
    this.#simulated.close()
  }
}
