import type { Outcome } from '../../core/states.js'
import type { Ctx } from '../../orchestrator/ctx-types.js'
import type { Definition } from '../../orchestrator/definition.js'
import type { Outside } from '../../orchestrator/engine.js'
import { check } from '../../tools/schema.js'
import type { FaultName, Strike } from '../fault.js'
import type { Message } from '../scenario.js'
import { diceOf } from '../sim/dice.js'
import type { SimProcess } from '../sim/process.js'
import type { Simulation } from '../sim/simulation.js'
import type { Surroundings } from '../surroundings.js'
import { NaiveBranch, naiveOutcome } from './naive-branch.js'
import { NaiveHands, type NaiveTally } from './naive-hands.js'
import { type Delivery, NaiveQueue } from './naive-queue.js'

export interface NaiveCrewOptions {
  readonly sim: Simulation
  readonly s: Surroundings
  readonly outside: Outside
  readonly definitionFor: (message: Message) => Definition
  readonly keyOf: (message: Message) => string
  readonly workers: number
  readonly leaseMs: number
}

/** One working of a message: it starts with nothing, whatever an earlier one did. */
export interface Working {
  readonly message: Message
  readonly runId: string
  readonly agent: string
  readonly tally: NaiveTally
  readonly startedAt: number
  /** null: lost with its process, cut off, or still under way. */
  outcome: Outcome<unknown> | null
  /** What it threw, where it threw. */
  threw: string | null
  endedAt: number | null
}

/** Messages that one process works at once. */
const AT_ONCE = 16
const AT_POINT: readonly FaultName[] = ['crash', 'stall']
const AT_MOMENT: readonly FaultName[] = ['kill', 'hold', 'ceiling_lowered']
const HELD_MS = { least: 2_000, most: 900_000 } as const

interface NaiveWorker {
  readonly process: SimProcess
  readonly has: Set<Delivery>
}

/** The processes of a naive service: they take messages, work them in memory, die, and are replaced. */
export class NaiveCrew {
  readonly queue: NaiveQueue
  readonly workings: Working[] = []
  /** How many acts there had been when it was killed; null while it was not. */
  actsAtKill: number | null = null
  readonly #alive = new Set<NaiveWorker>()
  #made = 0

  constructor(
    private readonly options: NaiveCrewOptions,
    private readonly countActs: () => number,
  ) {
    const { sim, leaseMs } = options
    this.queue = new NaiveQueue(sim.world.clock, leaseMs, () => this.#wake())
  }

  start(): void {
    for (let n = 0; n < this.options.workers; n += 1) this.#hire()
  }

  dismiss(): void {
    for (const { process } of this.#alive) process.kill()
    this.#alive.clear()
  }

  #hire(): void {
    this.#made += 1
    const worker = { process: this.options.sim.process(`naive${this.#made}`), has: new Set<Delivery>() }
    this.#alive.add(worker)
    this.#keepAlive(worker)
    this.#wake()
  }

  /** Tells the queue that what it works is being worked. A process that stands still does not. */
  #keepAlive(worker: NaiveWorker): void {
    worker.process.clock.timer(this.options.leaseMs / 4, () => {
      for (const delivery of worker.has) this.queue.touch(delivery)
      this.#keepAlive(worker)
    })
  }

  #wake(): void {
    const { sim } = this.options
    sim.later(1, sim.world, () => this.#handOut())
  }

  /** The next message goes to whoever has least to do. */
  #handOut(): void {
    for (;;) {
      const free = [...this.#alive].filter(({ process, has }) => !process.still && has.size < AT_ONCE)
      const [worker] = free.sort((a, b) => a.has.size - b.has.size)
      const delivery = worker && this.queue.take()
      if (!delivery) return
      worker.process.hand(() => void this.#work(worker, delivery))
    }
  }

  async #work(worker: NaiveWorker, delivery: Delivery): Promise<void> {
    worker.has.add(delivery)
    const { working, start } = this.#begin(worker, delivery.message)
    try {
      working.outcome = await naiveOutcome(start)
    } catch (error) {
      // It is logged, and the next message is taken.
      working.threw = error instanceof Error ? error.message : String(error)
    }
    if (worker.process.dead) return
    working.endedAt = this.options.sim.now
    worker.has.delete(delivery)
    this.queue.done(delivery)
    this.#wake()
  }

  #begin(worker: NaiveWorker, message: Message): { working: Working; start: () => Promise<unknown> } {
    const { s, sim, outside, definitionFor, keyOf } = this.options
    const { process } = worker
    const runId = `${keyOf(message)}@${this.workings.length + 1}`
    const dice = diceOf(s.chance, `naive|${runId}`)
    const point = (name: 'before_effect' | 'after_effect') => this.#point(worker, name)
    const hands = new NaiveHands({ s, process, outside, message, runId, random: () => dice.next(), point })
    const definition = definitionFor(message)
    const working: Working = {
      ...{ message, runId, agent: definition.name, tally: hands.tally, startedAt: sim.now },
      ...{ outcome: null, threw: null, endedAt: null },
    }
    this.workings.push(working)
    const start = async () => {
      const input = await check(definition.input, message.input)
      if (!input.ok) throw new Error(input.issues)
      // The loop takes what it is given for a branch of a real run.
      return definition.run(new NaiveBranch(hands) as unknown as Ctx, input.value)
    }
    return { working, start }
  }

  /** Where the process may die or stand still, and an operator may be at work. */
  async #point(worker: NaiveWorker, name: 'before_effect' | 'after_effect'): Promise<void> {
    const { fates } = this.options.s
    const { process } = worker
    if (!process.dead && !process.still) {
      const moment = fates.at({ kind: 'moment', name: name === 'before_effect' ? 'begin' : 'settle' }, AT_MOMENT)
      if (moment !== null) this.#intervene(moment)
      const strike = fates.at({ kind: 'point', name }, AT_POINT)
      if (strike !== null) this.#fell(worker, strike)
    }
    await process.moving()
  }

  #fell(worker: NaiveWorker, strike: Strike): void {
    const { s, sim, leaseMs } = this.options
    const { process } = worker
    s.fates.bit(strike)
    if (strike.fault === 'stall') {
      process.stall(Math.ceil(leaseMs * (1.1 + 2 * s.chance.of(`${strike.place}/${strike.fault}`))))
      return
    }
    process.kill()
    this.#alive.delete(worker)
    sim.later(s.chance.between(50, leaseMs, `replaced/${process.name}`), sim.world, () => this.#hire())
  }

  /** All that an operator can do is to stop the queue: what is under way goes on, and there is no ceiling to lower. */
  #intervene(strike: Strike): void {
    const { s, sim } = this.options
    if (strike.fault === 'ceiling_lowered') return
    s.fates.bit(strike)
    if (strike.fault === 'kill') {
      this.queue.close()
      this.actsAtKill ??= this.countActs()
      return
    }
    this.queue.hold(true)
    const heldMs = s.chance.between(HELD_MS.least, HELD_MS.most, `${strike.place}|held`)
    sim.later(heldMs, sim.world, () => this.queue.hold(false))
  }
}
