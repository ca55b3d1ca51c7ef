import type { Drift } from '../../core/drift.js'
import { MidwatchError } from '../../core/errors.js'
import type { Ledger, Wake } from '../../core/ledger.js'
import type { Op } from '../../core/ops.js'
import type { Schedules } from '../../core/schedules.js'
import type { Scores } from '../../core/scores.js'
import type { Workers } from '../../core/workers.js'
import type { Fates } from '../fates.js'
import type { FaultName, Strike } from '../fault.js'
import type { Dice } from './dice.js'
import type { SimProcess } from './process.js'
import type { Simulation } from './simulation.js'

/** What can strike a call on its way to the ledger. */
export const AT_CALL: readonly FaultName[] = [
  'crash',
  'stall',
  'clock_skew',
  'ledger_away',
  'ledger_slow',
  'commit_delayed',
]
/** What can strike its answer. */
export const AT_ANSWER: readonly FaultName[] = ['crash', 'stall', 'answer_lost']
/** One way over the wire, ms. */
const WAY_MS = 2
/** Chances of a wake that never arrives, and of one that arrives twice: polling is the net. */
const WAKE_LOST = 0.05
const WAKE_TWICE = 0.05

/** The network between the workers and the ledger, the same for all of them. */
export class Network {
  /** The ledger is out of everybody's reach until then. */
  awayUntil = 0
  awayBy: Strike | null = null
  /** Calls that seemed lost and will be worked later. */
  underway = 0
}

export interface ConnectionPorts {
  readonly sim: Simulation
  readonly process: SimProcess
  readonly fates: Fates
  readonly network: Network
  readonly dice: Dice
  /** Strikes the process itself: it dies, stands still, or its clock jumps. Told whether the process had work in hand. */
  readonly fell: (strike: Strike) => void
  /** Told of each call that fails: who made it must look again. */
  readonly failed: () => void
  /** The ledger, worked at once. */
  readonly ledger: Ledger
}

/** One worker's way to the ledger: each call takes time there and back, and can be lost on either way. */
export class Connection {
  constructor(private readonly ports: ConnectionPorts) {}

  /** One call. What it changes is worked at the ledger in one moment. */
  async call<T>(name: string, work: () => Promise<T>): Promise<T> {
    const { process, fates, sim, network, dice } = this.ports
    await process.moving()
    const strike = fates.at({ kind: 'call', name }, AT_CALL)
    if (strike !== null) this.#strikeCall(strike)
    await process.moving()
    if (sim.now < network.awayUntil) {
      if (network.awayBy !== null) fates.bit(network.awayBy)
      await this.#pass(dice.between(0, 2 * WAY_MS))
      throw this.#away('The ledger cannot be reached.')
    }
    if (strike?.fault === 'commit_delayed') return this.#delayed(name, work, strike)
    let ms = dice.between(0, WAY_MS)
    if (strike?.fault === 'ledger_slow') {
      ms += dice.between(200, 4_000)
      fates.bit(strike)
    }
    return this.#worked(name, work, ms)
  }

  #strikeCall(strike: Strike): void {
    const { sim, network, dice, fell } = this.ports
    if (strike.fault === 'ledger_away') {
      // Mostly a hiccup, now and then longer than a lease.
      const ms = dice.next() < 0.8 ? dice.between(20, 3_000) : dice.between(8_000, 20_000)
      network.awayUntil = Math.max(network.awayUntil, sim.now + ms)
      network.awayBy = strike
    } else if (strike.fault !== 'ledger_slow' && strike.fault !== 'commit_delayed') fell(strike)
  }

  /** It seems lost, and is worked all the same, beside or after its twin. */
  async #delayed<T>(name: string, work: () => Promise<T>, strike: Strike): Promise<T> {
    const { sim, fates, dice, network } = this.ports
    network.underway += 1
    sim.later(dice.between(40, 4_000), sim.world, () => {
      network.underway -= 1
      if (name.startsWith('apply') || name === 'claim') fates.bit(strike)
      void work().catch(() => undefined)
    })
    await this.#pass(dice.between(0, 2 * WAY_MS))
    throw this.#away('The connection broke before there was an answer.')
  }

  #worked<T>(name: string, work: () => Promise<T>, ms: number): Promise<T> {
    const { sim } = this.ports
    return new Promise((resolve, reject) => {
      // It is on the wire: whatever becomes of its sender, the ledger works it.
      sim.later(ms, sim.world, () => {
        work().then(
          (value) => this.#answer(name, value, resolve, reject),
          (error) => this.#arrive(() => reject(error)),
        )
      })
    })
  }

  #answer<T>(name: string, value: T, resolve: (value: T) => void, reject: (error: unknown) => void): void {
    const { process, fates, fell } = this.ports
    if (process.dead) return
    const strike = fates.at({ kind: 'answer', name }, AT_ANSWER)
    if (strike?.fault === 'answer_lost') {
      if (matters(name, value)) fates.bit(strike)
      this.#arrive(() => reject(this.#away('The connection broke before the answer came.')))
      return
    }
    if (strike !== null) fell(strike)
    this.#arrive(() => resolve(value))
  }

  #arrive(go: () => void): void {
    const { sim, process, dice } = this.ports
    sim.later(dice.between(0, WAY_MS), process, go)
  }

  #away(message: string): MidwatchError {
    this.ports.failed()
    return new MidwatchError('ledger_away', message)
  }

  #pass(ms: number): Promise<void> {
    const { sim, process } = this.ports
    return new Promise((resolve) => void sim.later(ms, process, resolve))
  }

  /** A wake may come late, twice, or never. */
  wake(hear: (wake: Wake) => void): (wake: Wake) => void {
    const { sim, process, dice } = this.ports
    return (wake) => {
      const luck = dice.next()
      if (luck < WAKE_LOST) return
      sim.later(dice.between(0, 4 * WAY_MS), process, () => hear(wake))
      if (luck > 1 - WAKE_TWICE) sim.later(dice.between(0, 400), process, () => hear(wake))
    }
  }
}

/** Whether anything was in an answer: an empty claim can be lost without harm. */
export function matters(name: string, value: unknown): boolean {
  return name.startsWith('apply') || (name === 'claim' && Array.isArray(value) && value.length > 0)
}

/** `apply:settle+begin`: each kind of op in it, in order of its first. */
function applyName(ops: readonly Op[]): string {
  return `apply:${[...new Set(ops.map((op) => op.kind))].join('+')}`
}

/** Verbs that a worker calls with one argument or none, and that go over the wire as they are. */
const PLAIN = [
  'now',
  'check',
  'admit',
  'admitAll',
  'sealGroup',
  'claim',
  'misfits',
  'claimMisfit',
  'answer',
  'wake',
  'switchedRun',
  'engage',
  'release',
  'sweepSwitched',
  'repin',
  'switches',
  'session',
  'sessions',
  'closeSession',
  'reopenSession',
  'passGaps',
  'switchHistory',
  'setCeiling',
  'ceilings',
  'run',
  'runs',
  'due',
  'pins',
  'group',
  'children',
  'ends',
  'journal',
  'mail',
  'evidence',
  'effect',
  'effects',
  'escalations',
  'meters',
  'notices',
  'noticeSent',
  'putBlob',
  'blob',
  'erase',
  'prune',
  'secret',
] as const satisfies readonly (keyof Ledger)[]

/** Of series, alarms and tripwires. */
const DRIFT = [
  ...(['unfolded', 'fold', 'points', 'releases', 'scores', 'progress', 'forget', 'refold'] as const),
  ...(['alarm', 'alarms', 'trip', 'rearm', 'trips'] as const),
] as const satisfies readonly (keyof Drift)[]

/** A part of the ledger whose verbs go over the wire under its name: `drift.fold`. */
function ledgerPart<T extends object>(
  name: string,
  verbs: readonly (keyof T & string)[],
  connection: Pick<Connection, 'call'>,
  part: T,
): T {
  const over: Record<string, unknown> = {}
  for (const verb of verbs) {
    const work = part[verb] as (p?: unknown) => Promise<unknown>
    over[verb] = (p?: unknown) => connection.call(`${name}.${verb}`, () => work(p))
  }
  return over as T
}

/** The ledger as one worker reaches it. */
export function ledgerOver(connection: Pick<Connection, 'call' | 'wake'>, ledger: Ledger): Ledger {
  const verbs: Record<string, unknown> = {}
  for (const verb of PLAIN) {
    const work = ledger[verb] as (p?: unknown) => Promise<unknown>
    verbs[verb] = (p?: unknown) => connection.call(verb, () => work(p))
  }
  const workers: Workers = {
    register: (p) => connection.call('register', () => ledger.workers.register(p)),
    heartbeat: (p) => connection.call('heartbeat', () => ledger.workers.heartbeat(p)),
    retire: (p) => connection.call('retire', () => ledger.workers.retire(p)),
    list: () => connection.call('workers', () => ledger.workers.list()),
  }
  const schedules: Schedules = {
    keep: (p) => connection.call('schedule', () => ledger.schedules.keep(p)),
    tick: (p) => connection.call('tick', () => ledger.schedules.tick(p)),
    list: () => connection.call('schedules', () => ledger.schedules.list()),
  }
  const scores: Scores = {
    add: (p) => connection.call('score', () => ledger.scores.add(p)),
    of: (p) => connection.call('scores', () => ledger.scores.of(p)),
    weekly: (p) => connection.call('scores', () => ledger.scores.weekly(p)),
  }
  const drift = ledgerPart('drift', DRIFT, connection, ledger.drift)
  return {
    ...(verbs as unknown as Ledger),
    workers,
    // Only asked where a ledger went back; this one never does.
    lives: ledger.lives,
    schedules,
    scores,
    drift,
    // What calls came to is told on the side: nothing is half done where that is lost, and each second of it would be a place to strike.
    breakers: ledger.breakers,
    // No worker asks for them.
    tokens: ledger.tokens,
    apply: (ops) => connection.call(applyName(ops), () => ledger.apply(ops)),
    listen: (hear) => ledger.listen(connection.wake(hear)),
    close: () => Promise.resolve(),
  }
}
