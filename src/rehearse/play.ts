import type { Entropy } from '../core/ids.js'
import type { Ledger } from '../core/ledger.js'
import { LIMITS } from '../core/limits.js'
import { durationMs } from '../core/time.js'
import { admissionOf } from '../orchestrator/admission.js'
import { type Definition, servesKey } from '../orchestrator/definition.js'
import type { Outside } from '../orchestrator/engine.js'
import { actorsOf } from './actors/actors.js'
import { Abroad, faultyMs, inhabitCase, inTurn, keyOf, restMs, startOf, storyOf } from './case-frame.js'
import { type Chance, chanceOf } from './chance.js'
import { fatesByRates } from './fates/by-rates.js'
import { exactFates } from './fates/exact.js'
import type { KeptFates } from './fates/kept.js'
import type { FaultRates, Strike } from './fault.js'
import { verdictOf } from './judge/verdict-of.js'
import type { Sending } from './judge/witness-rules.js'
import { hostileOutside } from './outside.js'
import type { Message, Scenario, Stage } from './scenario.js'
import { Crew } from './sim/crew.js'
import { diceOf } from './sim/dice.js'
import { realTurn } from './sim/globals.js'
import { Ground } from './sim/ground.js'
import { Simulation } from './sim/simulation.js'
import type { SiteKey } from './site.js'
import type { Actor, Surroundings } from './surroundings.js'
import { newWitness } from './tools/witness.js'
import type { Verdict } from './verdict.js'

/** Which case of a scenario. */
export interface CaseOf {
  readonly story: string
  readonly seed: number
  /** Faults at exact places; null: by rates, from the seed. */
  readonly strikes: readonly Strike[] | null
  /** In place of the scenario's own. */
  readonly rates?: FaultRates
}

/**
 * Plays one case and judges it. The same case gives the same verdict, in any process. One at a time in each process. `look`
 * is shown the ledger as the case left it.
 */
export function play(
  scenario: Scenario,
  id: CaseOf,
  look: (ledger: Ledger) => Promise<void> = async () => undefined,
): Promise<Verdict> {
  return inTurn(async () => {
    const one = new Case(scenario, id)
    const verdict = await one.play()
    await look(one.ledger)
    return verdict
  })
}

/** A calm play: which places there are, with how many visits each. */
export async function visitsOf(
  scenario: Scenario,
  story: string,
  seed = 1,
): Promise<Readonly<Record<SiteKey, number>>> {
  return (await play(scenario, { story, seed, strikes: [] })).visits
}

class Case {
  readonly #sim: Simulation
  readonly #ground: Ground
  readonly #fates: KeptFates
  readonly #actors: Actor[]
  readonly #crew: Crew
  readonly #surroundings: Surroundings
  readonly #definitions: ReadonlyMap<string, Definition>
  readonly #sent: Sending[] = []
  readonly #chance: Chance
  readonly #admissions = new Map<Message, number>()
  readonly #abroad = new Abroad()
  readonly #faults: string[] = []

  constructor(
    readonly scenario: Scenario,
    readonly id: CaseOf,
  ) {
    const { options } = scenario
    const chance = chanceOf(`${id.story}/${id.seed}`)
    this.#chance = chance
    const startedAt = startOf(chance)
    const sim = new Simulation(startedAt, startedAt, Math.floor(chance.of('order') * 2 ** 32))
    this.#sim = sim
    this.#ground = new Ground(sim.world.clock, (ops, answers) => {
      for (const actor of this.#actors) actor.wrote?.(ops, answers)
    })
    this.#fates = id.strikes ? exactFates(id.strikes) : fatesByRates(chance, id.rates ?? options.faults ?? {})
    const story = storyOf(scenario, id.story)
    const stage: Stage = { story, chance, now: () => sim.now, sleep: sim.world.clock.sleep }
    this.#surroundings = {
      ...{ scenario: options, story, stage, chance, fates: this.#fates, ledger: this.#ground.ledger },
      world: options.world?.(stage),
      witness: newWitness(),
      clock: sim.world.clock,
      admit: (message) => this.#admit(message),
    }
    this.#definitions = new Map(options.run.map(({ definition }) => [servesKey(definition), definition]))
    this.#actors = actorsOf(this.#surroundings)
    this.#crew = this.#crewOf(this.#watched(hostileOutside(this.#surroundings)))
  }

  get ledger(): Ledger {
    return this.#surroundings.ledger
  }

  #crewOf(outside: Outside): Crew {
    const { options } = this.scenario
    return new Crew({
      ...{ sim: this.#sim, ground: this.#ground, fates: this.#fates, chance: this.#chance, outside },
      serves: this.#definitions,
      workers: options.workers ?? 2,
      leaseMs: options.lease === undefined ? LIMITS.lease_ms : durationMs(options.lease),
      prices: options.prices ?? {},
      lanes: options.lanes ?? {},
      secrets: options.secrets ?? {},
    })
  }

  async play(): Promise<Verdict> {
    const { story, seed, strikes } = this.id
    const leave = inhabitCase(this.#sim, this.#chance)
    try {
      this.#begin()
      await this.#sim.play({
        over: () => this.#ground.atRest && !this.#actors.some((actor) => actor.busy),
        nextDue: () => this.#crew.nextDue(),
        oversleeps: (process, periodMs, until) => this.#crew.oversleeps(process, periodMs, until),
        abroad: () => this.#abroad.first,
      })
    } catch (error) {
      this.#faults.push(error instanceof Error ? error.message : String(error))
    } finally {
      this.#crew.dismiss()
      leave()
    }
    // What the gone leave behind in the way of promises is over before anybody looks.
    await realTurn()
    return verdictOf({
      id: { scenario: this.scenario.name, case: story, seed, strikes },
      surroundings: this.#surroundings,
      sent: this.#sent,
      virtualMs: this.#sim.now - this.#sim.startedAt,
      faults: this.#faults,
    })
  }

  #begin(): void {
    const sim = this.#sim
    const ceaseMs = faultyMs(this.#surroundings.story)
    sim.later(ceaseMs, sim.world, () => this.#fates.cease())
    sim.stopAt(sim.startedAt + ceaseMs + restMs(this.scenario))
    for (const actor of this.#actors) actor.start?.()
    this.#crew.start()
  }

  async #admit(message: Message): Promise<void> {
    const { options } = this.scenario
    const one = options.run.find(({ name }) => name === message.agent) ?? options.run[0]
    const { story } = this.#surroundings
    const nth = story.messages.indexOf(message)
    const { session, tenant, principal } = message
    // However often it is delivered, it is one message.
    const given = { key: keyOf(story, message), session, tenant, principal }
    const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
    const times = (this.#admissions.get(message) ?? 0) + 1
    this.#admissions.set(message, times)
    const entropy = this.#entropy(`message/${nth}/${times}`)
    await this.#ground.ledger.admit(await admissionOf(one.definition, { input: message.input, ...set }, entropy))
  }

  /** Ids that grow with time, as those of version 7 do. */
  #entropy(purpose: string): Entropy {
    const dice = diceOf(this.#chance, purpose)
    const time = Math.floor(this.#sim.now).toString(16).padStart(12, '0')
    return {
      runId: () => {
        const rest = dice.hex() + dice.hex() + dice.hex()
        return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(0, 3)}-8${rest.slice(3, 6)}-${rest.slice(6, 18)}`
      },
      salt: () => dice.hex() + dice.hex(),
      random: () => dice.next(),
    }
  }

  /** Keeps what was sent, and what tool is under way. */
  #watched(outside: Outside): Outside {
    const watched = this.#abroad.watched(outside)
    return {
      ...watched,
      execute: (spec, input, call) => {
        const { name: tool, effect } = spec
        const { key, runId, tenant, fence, attempt } = call
        this.#sent.push({ tool, effect, key, runId, tenant, fence, attempt })
        return watched.execute(spec, input, call)
      },
    }
  }
}
