import type { Entropy } from '../../core/ids.js'
import { LIMITS } from '../../core/limits.js'
import type { ContainmentPolicy } from '../../govern/containment.js'
import type { PriceList } from '../../models/price.js'
import type { Definition } from '../../orchestrator/definition.js'
import type { Failpoint, Outside } from '../../orchestrator/engine.js'
import type { LaneCaps } from '../../tools/lanes.js'
import type { Build } from '../build.js'
import type { Chance } from '../chance.js'
import type { Fates } from '../fates.js'
import type { FaultName, Strike } from '../fault.js'
import type { Owner } from './agenda.js'
import { Connection, ledgerOver, Network } from './connection.js'
import { diceOf } from './dice.js'
import type { Ground } from './ground.js'
import { hasTripwires, SimWorker } from './sim-worker.js'
import type { Simulation } from './simulation.js'

export interface CrewOptions {
  readonly sim: Simulation
  readonly ground: Ground
  readonly fates: Fates
  readonly chance: Chance
  readonly outside: Outside
  readonly serves: ReadonlyMap<string, Definition>
  readonly workers: number
  readonly leaseMs: number
  readonly prices: PriceList
  readonly lanes: Readonly<Record<string, LaneCaps>>
  readonly contains: ContainmentPolicy
  readonly secrets: Readonly<Record<string, string>>
  readonly build: Build
}

const AT_POINT: readonly FaultName[] = ['crash', 'stall']
/** How far a wall clock jumps at most: an hour. */
const SKEW_MS = 3_600_000

/** All workers of a case: they die, stand still, and are replaced. */
export class Crew {
  readonly #network = new Network()
  readonly #alive = new Set<SimWorker>()
  /** The registration that each living worker has in the ledger. */
  readonly #ids = new Map<SimWorker, number>()
  /** What was news when services last looked, and how many of them did, by process and period. */
  readonly #looked = new Map<string, { news: number; times: number }>()
  readonly #naps: readonly number[]
  /** Whether ended runs are folded, for tripwires hang on them. */
  readonly #folds: boolean
  #made = 0

  constructor(private readonly options: CrewOptions) {
    this.#folds = hasTripwires(options.serves)
    const naps = [LIMITS.poll_ms, LIMITS.poll_ms * 4, LIMITS.gap_look_ms, options.leaseMs / 4]
    this.#naps = [...naps, ...(this.#folds ? [LIMITS.drift_look_ms] : [])]
  }

  start(): void {
    for (let n = 0; n < this.options.workers; n += 1) this.#hire()
  }

  /** True while any of them works a run. */
  get busy(): boolean {
    for (const worker of this.#alive) if (worker.busy) return true
    return false
  }

  /** True while somebody may still act on what the ledger has taken from it: one that stands still, or holds a call. */
  get unsettled(): boolean {
    for (const worker of this.#alive) if (worker.process.still || worker.busy) return true
    return this.#network.underway > 0
  }

  /** The case is over: nobody does anything any more. */
  dismiss(): void {
    for (const worker of this.#alive) worker.bury()
    this.#alive.clear()
  }

  /** When the ledger next has something for anybody. */
  nextDue(): number {
    const { ground, sim } = this.options
    return ground.nextDue(sim.now, (workerId) => {
      for (const [worker, id] of this.#ids) if (id === workerId) return !worker.process.still
      return false
    })
  }

  /**
   * A service that has looked since there was news finds nothing until something is due. Heartbeats go on as if they had
   * been sent.
   */
  oversleeps(owner: Owner, periodMs: number, until: number): boolean {
    const { ground, sim, leaseMs } = this.options
    if (owner.still || !this.#haveLooked(owner, periodMs)) return false
    if (this.#folds && ground.store.drift.waiting.size > 0) return false
    const worker = [...this.#alive].find((one) => one.process === owner)
    const workerId = worker && this.#ids.get(worker)
    if (!worker || workerId === undefined || !ground.store.workers.live(workerId, sim.now)) return false
    const held = [...ground.store.runs.held].filter((run) => run.workerId === workerId)
    if (!worker.idles(held.map((run) => run.admission.runId))) return false
    if (periodMs === leaseMs / 4 && until !== Number.POSITIVE_INFINITY) {
      ground.store.workers.heartbeat(workerId, leaseMs + Math.max(0, until - sim.now), sim.now)
    }
    return true
  }

  /** Whether each of the services with naps of this length has looked since there was news; counts this look. */
  #haveLooked(owner: Owner, periodMs: number): boolean {
    const { news } = this.options.ground
    const key = `${owner.no}/${periodMs}`
    const looked = this.#looked.get(key)
    const times = looked?.news === news ? looked.times : 0
    this.#looked.set(key, { news, times: times + 1 })
    return times >= this.#naps.filter((ms) => ms === periodMs).length
  }

  #hire(): void {
    const { options } = this
    const { sim, chance, fates, ground } = options
    this.#made += 1
    const name = `w${this.#made}`
    const process = sim.process(name, new Set(this.#naps))
    const dice = diceOf(chance, `process/${name}`)
    const ports = { sim, process, fates, network: this.#network, dice, ledger: ground.ledger }
    const failed = () => {
      for (const ms of this.#naps) this.#looked.delete(`${process.no}/${ms}`)
    }
    const connection = new Connection({ ...ports, failed, fell: (strike) => this.#fell(worker, strike) })
    const ledger = ledgerOver(connection, {
      ...ground.ledger,
      workers: {
        ...ground.ledger.workers,
        register: async (p) => {
          const made = await ground.ledger.workers.register(p)
          this.#ids.set(worker, made.workerId)
          return made
        },
      },
    })
    const entropy: Entropy = {
      runId: () => `${dice.hex()}${dice.hex()}`,
      salt: () => dice.hex() + dice.hex(),
      random: () => dice.next(),
    }
    const { serves, outside, prices, lanes, contains, secrets, build } = options
    const worker: SimWorker = new SimWorker({
      ...{ process, ledger, serves, entropy, outside, prices, lanes, contains, secrets, build },
      lease: `${BigInt(options.leaseMs)}ms`,
      failpoint: (point) => this.#point(worker, point),
    })
    this.#alive.add(worker)
    // A worker that cannot start ends, as its process would, and is started again.
    worker.start().catch(() => this.#lose(worker))
  }

  async #point(worker: SimWorker, name: Failpoint): Promise<void> {
    const { process } = worker
    if (!process.dead && !process.still) {
      const strike = this.options.fates.at({ kind: 'point', name }, AT_POINT)
      if (strike === null) return
      this.#fell(worker, strike)
    }
    await process.moving()
  }

  #fell(worker: SimWorker, strike: Strike): void {
    const { fates, chance, leaseMs } = this.options
    const { process } = worker
    if (worker.busy) fates.bit(strike)
    const luck = chance.of(`${strike.place}/${strike.fault}`)
    if (strike.fault === 'crash') this.#lose(worker)
    else if (strike.fault === 'stall') process.stall(Math.ceil(leaseMs * (1.1 + 2 * luck)))
    else {
      process.skewMs = Math.round((luck - 0.5) * 2 * SKEW_MS)
      this.options.ground.news += 1
      fates.bit(strike)
    }
  }

  /** It is gone, and another takes its place after a while. */
  #lose(worker: SimWorker): void {
    const { sim, chance, leaseMs } = this.options
    worker.bury()
    this.#alive.delete(worker)
    this.#ids.delete(worker)
    const ms = chance.between(50, leaseMs, `replaced/${worker.process.name}`)
    sim.later(ms, sim.world, () => this.#hire())
  }
}
