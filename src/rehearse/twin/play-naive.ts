import { memoryLedger } from '../../ledger/memory/ledger.js'
import { Messengers } from '../actors/messengers.js'
import { Abroad, type CaseOf, keyOf, limitTime, playedOut, type Setting, saidBy } from '../case-frame.js'
import { definitionFor, fatesOf, leaseMsOf } from '../case-options.js'
import { hostileOutside } from '../outside.js'
import type { Message, Scenario } from '../scenario.js'
import type { Surroundings } from '../surroundings.js'
import { actsDone, newWitness } from '../tools/witness.js'
import type { Verdict } from '../verdict.js'
import { NaiveCrew } from './naive-crew.js'
import { naiveStrikes } from './naive-strikes.js'
import { naiveVerdict } from './naive-verdict.js'

/**
 * Plays one case with what teams write first in place of the governed runtime: a loop in memory, a retry around each call, a
 * queue that delivers at least once. The same messages, tools, models, clock, chance and faults.
 */
export function playNaive(scenario: Scenario, id: CaseOf): Promise<Verdict> {
  const make = (setting: Setting) => new NaiveCase(setting)
  return playedOut(scenario, id, make, (one, unheard) => one.verdict(unheard))
}

class NaiveCase {
  readonly #surroundings: Surroundings
  readonly #crew: NaiveCrew
  readonly #messengers: Messengers
  readonly #abroad = new Abroad()
  readonly #faults: string[] = []

  constructor(private readonly setting: Setting) {
    const { scenario, id, sim, chance, story, stage, worldTime } = setting
    const { options } = scenario
    this.#surroundings = {
      ...{ scenario: options, story, stage, worldTime, chance, witness: newWitness(), clock: sim.world.clock },
      fates: fatesOf(options, id, chance, naiveStrikes),
      world: options.world?.(stage),
      // Nothing is ever written to it.
      ledger: memoryLedger({ clock: sim.world.clock }),
      admit: async (message) => this.#crew.queue.send(message),
      flood: null,
    }
    this.#messengers = new Messengers(this.#surroundings)
    const outside = this.#abroad.watched(hostileOutside(this.#surroundings))
    const s = this.#surroundings
    this.#crew = new NaiveCrew(
      {
        ...{ sim, s, outside, workers: options.workers ?? 2, definitionFor: this.#definitionFor, keyOf: this.#keyOf },
        leaseMs: leaseMsOf(options),
      },
      () => actsDone(s).length,
    )
  }

  readonly #keyOf = (message: Message) => keyOf(this.#surroundings.story, message)

  readonly #definitionFor = (message: Message) => definitionFor(this.setting.scenario.options, message)

  async play(): Promise<void> {
    const { setting } = this
    limitTime(setting, () => this.#surroundings.fates.cease())
    this.#messengers.start()
    this.#crew.start()
    try {
      await setting.sim.play({
        over: () => !this.#messengers.busy && this.#crew.queue.empty,
        nextDue: () => Number.POSITIVE_INFINITY,
        oversleeps: () => false,
        abroad: () => this.#abroad.first,
      })
    } catch (error) {
      this.#faults.push(saidBy(error))
    } finally {
      this.#crew.dismiss()
    }
  }

  verdict(unheard: readonly string[]): Verdict | Promise<Verdict> {
    const { scenario, id, sim } = this.setting
    const { story, seed, strikes } = id
    return naiveVerdict({
      ...{ surroundings: this.#surroundings, crew: this.#crew, faults: [...this.#faults, ...unheard] },
      ...{ keyOf: this.#keyOf, definitionFor: this.#definitionFor },
      id: { scenario: scenario.name, case: story, seed, strikes },
      virtualMs: sim.now - sim.startedAt,
    })
  }
}
