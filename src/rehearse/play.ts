import type { Entropy } from '../core/ids.js'
import type { Ledger } from '../core/ledger.js'
import type { Answer, Op } from '../core/ops.js'
import { containmentPolicy } from '../govern/containment.js'
import { admissionOf } from '../orchestrator/admission.js'
import type { Outside } from '../orchestrator/engine.js'
import { ToolFault } from '../tools/fault.js'
import { actorsOf } from './actors/actors.js'
import { startFlood } from './actors/flood.js'
import type { Build } from './build.js'
import { Abroad, type CaseOf, keyOf, limitTime, playedOut, type Setting, saidBy } from './case-frame.js'
import { definitionFor, fatesOf, leaseMsOf, servesOf } from './case-options.js'
import type { KeptFates } from './fates/kept.js'
import { verdictOf } from './judge/verdict-of.js'
import type { Sending } from './judge/witness-rules.js'
import { hostileOutside } from './outside.js'
import type { Message, Scenario } from './scenario.js'
import { Crew } from './sim/crew.js'
import { diceOf } from './sim/dice.js'
import { Ground } from './sim/ground.js'
import type { SiteKey } from './site.js'
import type { Actor, Surroundings } from './surroundings.js'
import { newWitness } from './tools/witness.js'
import type { Verdict } from './verdict.js'

export type { CaseOf } from './case-frame.js'

/** What a play may have beside its case. */
export interface PlayOptions {
  /** Is shown the ledger as the case left it. */
  readonly look?: (ledger: Ledger) => Promise<void>
  /** Another kernel than the real one. */
  readonly build?: Build
}

/** Plays one case and judges it. The same case gives the same verdict, in any process. One at a time in each process. */
export function play(scenario: Scenario, id: CaseOf, { look, build = {} }: PlayOptions = {}): Promise<Verdict> {
  const make = (setting: Setting) => new Case(setting, build)
  return playedOut(scenario, id, make, async (one, unheard) => {
    const verdict = await one.verdict(unheard)
    await look?.(one.ledger)
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
  readonly #ground: Ground
  readonly #fates: KeptFates
  readonly #actors: Actor[]
  readonly #crew: Crew
  readonly #surroundings: Surroundings
  readonly #sent: Sending[] = []
  readonly #admissions = new Map<Message, number>()
  readonly #abroad = new Abroad()
  /** Messages that were turned away and will come again. */
  #turnedAway = 0
  /** What went wrong with the case itself, a sentence each. */
  readonly #faults: string[] = []

  constructor(
    readonly setting: Setting,
    build: Build,
  ) {
    const { scenario, id, sim, chance, story, stage, worldTime } = setting
    const { options } = scenario
    const wrote = (ops: readonly Op[], answers: readonly Answer[]) => {
      for (const actor of this.#actors) actor.wrote?.(ops, answers)
    }
    this.#ground = new Ground(sim.world.clock, wrote, build.ledger)
    this.#fates = fatesOf(options, id, chance)
    this.#surroundings = {
      ...{ scenario: options, story, stage, worldTime, chance, fates: this.#fates, ledger: this.#ground.ledger },
      world: options.world?.(stage),
      witness: newWitness(),
      clock: sim.world.clock,
      admit: (message) => this.#admit(message),
      flood: (key) => startFlood(this.#ground.ledger, this.#entropy(`flood/${key}`), key),
    }
    this.#actors = actorsOf(this.#surroundings)
    this.#crew = this.#crewOf(this.#watched(hostileOutside(this.#surroundings)), build)
  }

  get ledger(): Ledger {
    return this.#ground.ledger
  }

  #crewOf(outside: Outside, build: Build): Crew {
    const { scenario, sim, chance } = this.setting
    const { run, workers = 2, prices = {}, lanes = {}, secrets = {} } = scenario.options
    const contains = containmentPolicy(scenario.options)
    return new Crew({
      ...{ sim, ground: this.#ground, fates: this.#fates, chance, outside, build },
      ...{ workers, prices, lanes, secrets, contains },
      serves: servesOf(run),
      leaseMs: leaseMsOf(scenario.options),
    })
  }

  /** Until all is at rest, or the time is over. */
  async play(): Promise<void> {
    const { setting } = this
    limitTime(setting, () => this.#fates.cease())
    for (const actor of this.#actors) actor.start?.()
    this.#crew.start()
    try {
      await setting.sim.play({
        over: () =>
          this.#ground.atRest &&
          !this.#actors.some((actor) => actor.busy) &&
          this.#turnedAway === 0 &&
          !this.#crew.unsettled,
        nextDue: () => this.#crew.nextDue(),
        oversleeps: (owner, periodMs, until) => this.#crew.oversleeps(owner, periodMs, until),
        abroad: () => this.#abroad.first,
      })
    } catch (error) {
      this.#faults.push(saidBy(error))
    } finally {
      this.#crew.dismiss()
    }
  }

  verdict(unheard: readonly string[]): Promise<Verdict> {
    const { scenario, id, sim } = this.setting
    const { story, seed, strikes } = id
    return verdictOf({
      id: { scenario: scenario.name, case: story, seed, strikes },
      surroundings: this.#surroundings,
      sent: this.#sent,
      virtualMs: sim.now - sim.startedAt,
      faults: [...this.#faults, ...unheard],
    })
  }

  /** A message that is not taken in is lost, and the case says so. */
  async #admit(message: Message): Promise<void> {
    const { scenario, story } = this.setting
    const nth = story.messages.indexOf(message)
    const definition = definitionFor(scenario.options, message)
    const { input, session, tenant, principal, sequence, whileBusy } = message
    // However often it is delivered, it is one message.
    const given = { key: keyOf(story, message), session, tenant, principal, sequence, whileBusy }
    const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
    const times = (this.#admissions.get(message) ?? 0) + 1
    this.#admissions.set(message, times)
    try {
      const admission = await admissionOf(definition, { input, ...set }, this.#entropy(`message/${nth}/${times}`))
      const { code, runId, overload } = await this.#ground.ledger.admit(admission)
      if (overload) this.#later(overload.retryAfterMs, message)
      if (code === 'conflict') this.#faults.push(`Message ${nth + 1} has the key of run ${runId} and another input.`)
    } catch (error) {
      this.#faults.push(`Message ${nth + 1} was not admitted: ${saidBy(error)}`)
    }
  }

  /** Whoever was turned away comes again when it was told to. */
  #later(ms: number, message: Message): void {
    this.#turnedAway += 1
    this.setting.sim.world.clock.timer(ms, () => {
      void this.#admit(message).finally(() => {
        this.#turnedAway -= 1
      })
    })
  }

  /** Ids that grow with time, as those of version 7 do. */
  #entropy(purpose: string): Entropy {
    const dice = diceOf(this.setting.chance, purpose)
    const time = this.setting.sim.now.toString(16).padStart(12, '0')
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
        const { sim } = this.setting
        const sending: Sending = { tool, effect, key, runId, tenant, fence, attempt, at: Math.floor(sim.now) }
        this.#sent.push(sending)
        const work = watched.execute(spec, input, call)
        work.catch((error) => {
          const waitMs = error instanceof ToolFault ? error.retryAfterMs : null
          if (waitMs !== null) sending.notBefore = Math.floor(sim.now) + waitMs
        })
        return work
      },
    }
  }
}
