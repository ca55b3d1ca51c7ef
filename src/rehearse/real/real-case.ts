import { setTimeout as realSleep } from 'node:timers/promises'
import { systemEntropy } from '../../core/ids.js'
import type { Ledger } from '../../core/ledger.js'
import type { RunRow } from '../../core/run-row.js'
import { postgresLedger } from '../../ledger/postgres/ledger.js'
import type { RehearsalDatabase, RehearsalDatabases } from '../../ledger/postgres/rehearsal-databases.js'
import { admissionOf } from '../../orchestrator/admission.js'
import { actorsOf } from '../actors/actors.js'
import { startFlood } from '../actors/flood.js'
import { type CaseOf, keyOf, limitsOf, settingOf } from '../case-frame.js'
import { definitionFor, fatesOf, leaseMsOf } from '../case-options.js'
import type { Chance } from '../chance.js'
import { verdictOf } from '../judge/verdict-of.js'
import type { Sending } from '../judge/witness-rules.js'
import { hostileOutside } from '../outside.js'
import type { Message, Scenario, Stage, Story } from '../scenario.js'
import type { Actor, Surroundings } from '../surroundings.js'
import { newWitness } from '../tools/witness.js'
import type { Verdict } from '../verdict.js'
import { WorldTime } from '../world-time.js'
import { JournalTail } from './journal-tail.js'
import { PacedClock, paceFrom } from './paced-clock.js'
import { RealCrew } from './real-crew.js'
import type { RealOptions } from './real-options.js'
import type { Warden } from './warden.js'
import { WatchedLedger } from './watched-ledger.js'

const SPEED = 5
const PATIENCE_MS = 120_000
/** How often the journals are looked at, real ms. */
const LOOK_MS = 20
/** Time is put forward over nothing that is shorter than this, virtual ms. */
const WORTH_MS = 1_000
/** Nothing is due, and nothing is under way, for so many looks: only then. */
const QUIET_LOOKS = 3

export interface Premises {
  readonly databases: RehearsalDatabases
  readonly warden: Warden
}

/** Those who keep one case going. */
interface Stagehands {
  readonly database: RehearsalDatabase
  readonly crew: RealCrew
  readonly tail: JournalTail
  readonly actors: readonly Actor[]
  readonly watched: WatchedLedger
}

/** One case over real processes. Its world, its faults and its witness are here, where no worker's death can reach them. */
export class RealCase {
  readonly #story: Story
  readonly #chance: Chance
  readonly #clock: PacedClock
  readonly #startedAt: number
  readonly #limits: { readonly ceaseMs: number; readonly stopMs: number }
  readonly #sent: Sending[] = []
  readonly #faults: string[] = []
  /** Messages that were turned away and will come again. */
  #turnedAway = 0
  #quiet = 0

  constructor(
    private readonly scenario: Scenario,
    private readonly id: CaseOf,
    private readonly options: RealOptions,
    private readonly premises: Premises,
  ) {
    const setting = settingOf(scenario, id)
    this.#story = setting.story
    this.#chance = setting.chance
    this.#startedAt = setting.sim.startedAt
    this.#limits = limitsOf(setting)
    this.#clock = new PacedClock(paceFrom(this.#startedAt, options.speed ?? SPEED))
  }

  async play(): Promise<Verdict> {
    const database = await this.premises.databases.fresh(this.#clock.pace)
    try {
      const own = await postgresLedger({ url: database.url, poolSize: 4 })
      try {
        return await this.#playOn(database, own)
      } finally {
        await own.close()
      }
    } finally {
      this.#clock.stop()
      await database.drop()
    }
  }

  async #playOn(database: RehearsalDatabase, ledger: Ledger): Promise<Verdict> {
    const watched = new WatchedLedger(ledger)
    const surroundings = this.#surroundings(watched.ledger)
    const actors = actorsOf(surroundings)
    const crew = this.#crewFor(database, surroundings)
    try {
      await crew.load()
      // That took its time: the case begins now.
      await this.#setPace(database, crew, this.#startedAt)
      await crew.begin()
      this.#clock.timer(this.#limits.ceaseMs, () => surroundings.fates.cease())
      for (const actor of actors) actor.start?.()
      const tail = new JournalTail(ledger, actors)
      await this.#untilRest({ database, crew, tail, actors, watched })
    } finally {
      await crew.close()
    }
    const { story, seed, strikes } = this.id
    const verdict = await verdictOf({
      id: { scenario: this.scenario.name, case: story, seed, strikes },
      ...{ surroundings, sent: this.#sent, faults: this.#faults },
      virtualMs: this.#clock.now() - this.#startedAt,
    })
    await this.options.look?.(ledger)
    return verdict
  }

  #surroundings(ledger: Ledger): Surroundings {
    const { options } = this.scenario
    const chance = this.#chance
    const clock = this.#clock
    const worldTime = new WorldTime(clock)
    const stage: Stage = { story: this.#story, chance, now: () => clock.now(), sleep: worldTime.sleep }
    return {
      ...{ scenario: options, story: this.#story, stage, worldTime, chance, clock, ledger, witness: newWitness() },
      world: options.world?.(stage),
      fates: fatesOf(options, this.id, chance),
      admit: (message) => this.#admit(ledger, message),
      flood: (key) => startFlood(ledger, systemEntropy, key),
    }
  }

  #crewFor({ url: databaseUrl }: RehearsalDatabase, s: Surroundings): RealCrew {
    const { options, name } = this.scenario
    return new RealCrew({
      ...{ s, databaseUrl, clock: this.#clock, sent: this.#sent, warden: this.premises.warden },
      order: { file: this.options.file, scenario: name },
      outside: hostileOutside(s),
      definitions: options.run.map(({ definition }) => definition),
      workers: options.workers ?? 2,
      byRates: this.id.strikes === null,
      leaseMs: leaseMsOf(options),
    })
  }

  async #admit(ledger: Ledger, message: Message): Promise<void> {
    const definition = definitionFor(this.scenario.options, message)
    const { input, session, tenant, principal, sequence, whileBusy } = message
    const given = { key: keyOf(this.#story, message), session, tenant, principal, sequence, whileBusy }
    const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
    const { overload } = await ledger.admit(await admissionOf(definition, { input, ...set }, systemEntropy))
    if (!overload) return
    // Whoever was turned away comes again when it was told to.
    this.#turnedAway += 1
    this.#clock.timer(overload.retryAfterMs, () => {
      void this.#admit(ledger, message).finally(() => {
        this.#turnedAway -= 1
      })
    })
  }

  /** Until every run has ended without a doubt and nobody has anything to do; or time is up, virtual or real. */
  async #untilRest({ database, crew, tail, actors, watched }: Stagehands): Promise<void> {
    const patienceMs = this.options.patienceMs ?? PATIENCE_MS
    const untilMs = performance.now() + patienceMs
    const stopAt = this.#startedAt + this.#limits.stopMs
    for (;;) {
      await tail.look()
      if (crew.fault) throw crew.fault
      if (this.options.stop?.aborted) throw new Error('The rehearsal was stopped.')
      const live = tail.runs.filter((run) => run.state !== 'ended' || run.open.length > 0)
      const busy = crew.busy || watched.busy || this.#turnedAway > 0
      if (live.length === 0 && !busy && !actors.some((actor) => actor.busy)) return
      if (this.#clock.now() >= stopAt) return
      if (performance.now() > untilMs) {
        this.#faults.push(`The case did not come to rest within ${patienceMs / 1_000} s.`)
        return
      }
      crew.idle = live.every(({ workerId, dueAt }) => workerId === null && (dueAt ?? stopAt) > this.#clock.now())
      const nextMs = busy ? 0 : this.#nextMs(live, stopAt)
      this.#quiet = nextMs >= WORTH_MS ? this.#quiet + 1 : 0
      if (this.#quiet < QUIET_LOOKS) await realSleep(LOOK_MS)
      else await this.#setPace(database, crew, this.#clock.now() + nextMs)
    }
  }

  /** How long nothing will happen, virtual ms: no run is due or held, nobody has an errand. */
  #nextMs(live: readonly RunRow[], stopAt: number): number {
    const now = this.#clock.now()
    let next = Math.min(stopAt - now, this.#clock.nextMs)
    for (const { state, dueAt, deadlineAt, workerId } of live) {
      if (workerId !== null || state === 'running') return 0
      next = Math.min(next, (dueAt ?? deadlineAt) - now)
    }
    return Math.max(0, next)
  }

  /** Puts time forward, for everybody. */
  async #setPace(database: RehearsalDatabase, crew: RealCrew, atMs: number): Promise<void> {
    this.#quiet = 0
    const pace = paceFrom(atMs, this.#clock.pace.speed)
    await database.setPace(pace)
    this.#clock.set(pace)
    crew.setPace()
  }
}
