import { setImmediate as turn } from 'node:timers/promises'
import type { Scenario } from '../scenario.js'
import type { Case } from './case.js'
import { type Crew, Stopped } from './crew.js'
import { append, type How, nothingPlayed, type Played } from './played.js'
import { Player, type Setting } from './player.js'

/** Plays in this process, one case after another. A case that hangs here hangs the campaign. */
export class SoloCrew implements Crew {
  done = 0
  #stopped = false
  #before: Promise<unknown> = Promise.resolve()
  readonly #player: Player

  constructor(
    scenarios: readonly Scenario[],
    private readonly setting: Setting,
  ) {
    this.#player = new Player(scenarios, setting)
  }

  play(cases: readonly Case[], how: How = {}): Promise<Played> {
    const mine = this.#before.then(() => this.#work(cases, how))
    this.#before = mine.catch(() => undefined)
    return mine
  }

  close(): void {
    this.#stopped = true
  }

  async #work(cases: readonly Case[], how: How): Promise<Played> {
    const all = nothingPlayed(this.setting.naive !== undefined)
    for (const [index, one] of cases.entries()) {
      // Signals and progress want their turn.
      await turn()
      if (this.#stopped && index > 0) return all
      if (this.#stopped) throw new Stopped('The campaign was stopped.')
      append(all, await this.#player.play([one], how, () => undefined), index)
      this.done += 1
    }
    return all
  }
}
