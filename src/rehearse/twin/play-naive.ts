import { LIMITS } from '../../core/limits.js'
import { durationMs } from '../../core/time.js'
import { memoryLedger } from '../../ledger/memory/ledger.js'
import { Messengers } from '../actors/messengers.js'
import { Abroad, faultyMs, inhabitCase, inTurn, keyOf, restMs, startOf, storyOf } from '../case-frame.js'
import { chanceOf } from '../chance.js'
import { fatesByRates } from '../fates/by-rates.js'
import { exactFates } from '../fates/exact.js'
import { hostileOutside } from '../outside.js'
import type { CaseOf } from '../play.js'
import type { Message, Scenario, Stage } from '../scenario.js'
import { realTurn } from '../sim/globals.js'
import { Simulation } from '../sim/simulation.js'
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
  return inTurn(() => new NaiveCase(scenario, id).play())
}

class NaiveCase {
  readonly #sim: Simulation
  readonly #surroundings: Surroundings
  readonly #crew: NaiveCrew
  readonly #messengers: Messengers
  readonly #abroad = new Abroad()
  readonly #faults: string[] = []

  constructor(
    private readonly scenario: Scenario,
    private readonly id: CaseOf,
  ) {
    const { options } = scenario
    const chance = chanceOf(`${id.story}/${id.seed}`)
    const startedAt = startOf(chance)
    const sim = new Simulation(startedAt, startedAt, Math.floor(chance.of('order') * 2 ** 32))
    const story = storyOf(scenario, id.story)
    const stage: Stage = { story, chance, now: () => sim.now, sleep: sim.world.clock.sleep }
    const rates = id.rates ?? options.faults ?? {}
    this.#sim = sim
    this.#surroundings = {
      ...{ scenario: options, story, stage, chance, witness: newWitness(), clock: sim.world.clock },
      fates: id.strikes ? exactFates(naiveStrikes(id.strikes)) : fatesByRates(chance, rates),
      world: options.world?.(stage),
      // Nothing is ever written to it.
      ledger: memoryLedger({ clock: sim.world.clock }),
      admit: async (message) => this.#crew.queue.send(message),
    }
    this.#messengers = new Messengers(this.#surroundings)
    const outside = this.#abroad.watched(hostileOutside(this.#surroundings))
    const s = this.#surroundings
    this.#crew = new NaiveCrew(
      {
        ...{ sim, s, outside, workers: options.workers ?? 2, definitionFor: this.#definitionFor, keyOf: this.#keyOf },
        leaseMs: options.lease === undefined ? LIMITS.lease_ms : durationMs(options.lease),
      },
      () => actsDone(s).length,
    )
  }

  readonly #keyOf = (message: Message) => keyOf(this.#surroundings.story, message)

  readonly #definitionFor = ({ agent }: Message) => {
    const { run } = this.scenario.options
    return (run.find(({ name }) => name === agent) ?? run[0]).definition
  }

  async play(): Promise<Verdict> {
    const { story, seed, strikes } = this.id
    const leave = inhabitCase(this.#sim, this.#surroundings.chance)
    try {
      this.#begin()
      await this.#sim.play({
        over: () => !this.#messengers.busy && this.#crew.queue.empty,
        nextDue: () => Number.POSITIVE_INFINITY,
        oversleeps: () => false,
        abroad: () => this.#abroad.first,
      })
    } catch (error) {
      this.#faults.push(error instanceof Error ? error.message : String(error))
    } finally {
      this.#crew.dismiss()
      leave()
    }
    await realTurn()
    return naiveVerdict({
      ...{ surroundings: this.#surroundings, crew: this.#crew, faults: this.#faults },
      ...{ keyOf: this.#keyOf, definitionFor: this.#definitionFor },
      id: { scenario: this.scenario.name, case: story, seed, strikes },
      virtualMs: this.#sim.now - this.#sim.startedAt,
    })
  }

  #begin(): void {
    const sim = this.#sim
    const ceaseMs = faultyMs(this.#surroundings.story)
    sim.later(ceaseMs, sim.world, () => this.#surroundings.fates.cease())
    sim.stopAt(sim.startedAt + ceaseMs + restMs(this.scenario))
    this.#messengers.start()
    this.#crew.start()
  }
}
