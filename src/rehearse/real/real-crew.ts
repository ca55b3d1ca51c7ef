import type { Definition } from '../../orchestrator/definition.js'
import type { Outside } from '../../orchestrator/engine.js'
import type { FaultName, Strike } from '../fault.js'
import type { Sending } from '../judge/witness-rules.js'
import { AT_ANSWER, AT_CALL } from '../sim/connection.js'
import type { Surroundings } from '../surroundings.js'
import { NearOutside } from './near-outside.js'
import type { PacedClock } from './paced-clock.js'
import type { Warden } from './warden.js'
import type { Fell, FromWorker, Passed, Request, WorkerOrder } from './wire.js'
import { WireProxy } from './wire-proxy.js'
import { WorkerProcess } from './worker-process.js'

export interface RealCrewOptions {
  readonly s: Surroundings
  readonly order: WorkerOrder
  readonly warden: Warden
  readonly clock: PacedClock
  readonly databaseUrl: string
  readonly outside: Outside
  readonly definitions: readonly Definition[]
  readonly sent: Sending[]
  readonly workers: number
  readonly leaseMs: number
  /** Whether chance decides what strikes, not a list of places. */
  readonly byRates: boolean
}

interface Hired {
  readonly name: string
  readonly process: WorkerProcess
  readonly near: NearOutside
  readonly proxy: WireProxy
  still: boolean
}

const AT_POINT: readonly FaultName[] = ['crash', 'stall']
const SKEW_MS = 3_600_000
/** A worker that cannot begin is replaced; so many in a row, and something is wrong with the rehearsal itself. */
const MOST_FAILURES = 5

/** Workers in processes of their own: they kill and stop themselves where a fault strikes, and are replaced. */
export class RealCrew {
  readonly #alive = new Set<Hired>()
  readonly #strikes: Strike[] = []
  #loaded: WorkerProcess[] = []
  #spare: WorkerProcess | null = null
  #made = 0
  #failures = 0
  #closed = false
  /** Nothing is due, and nobody works: looks of the services at a ledger that has nothing for them are struck by no chance. */
  idle = true
  /** What is wrong with the rehearsal itself; null: nothing. */
  fault: Error | null = null

  constructor(private readonly options: RealCrewOptions) {}

  /** Starts the processes. Rejects with `invalid_rehearsal` where the scenario's file cannot be loaded. */
  async load(): Promise<void> {
    this.#loaded = Array.from({ length: this.options.workers }, () => this.#process())
    this.#spare = this.#process()
    await Promise.all(this.#loaded.map((one) => one.loaded))
  }

  /** Lets them begin. */
  async begin(): Promise<void> {
    await Promise.all(this.#loaded.splice(0).map((one) => this.#hire(one)))
  }

  /** Calls of tools and models under way, and workers that stand still. */
  get busy(): boolean {
    return [...this.#alive].some(({ near, still }) => near.busy > 0 || still)
  }

  /** Tells everybody what time it is now. */
  setPace(): void {
    const { pace } = this.options.clock
    for (const { process } of this.#alive) process.send({ kind: 'pace', pace })
  }

  async close(): Promise<void> {
    this.#closed = true
    const ends = [...this.#alive].map(async ({ process, proxy, near }) => {
      near.bury()
      await process.end()
      await proxy.close()
    })
    await Promise.all([...ends, ...this.#loaded.map((one) => one.end()), this.#spare?.end()])
    this.#alive.clear()
  }

  #process(): WorkerProcess {
    return new WorkerProcess(this.options.order, this.options.warden)
  }

  async #hire(process: WorkerProcess): Promise<void> {
    const { options } = this
    const { databaseUrl, clock, leaseMs, outside, definitions, sent, s } = options
    this.#made += 1
    const name = `w${this.#made}`
    const proxy = await WireProxy.before(databaseUrl)
    const secrets = s.scenario.secrets ?? {}
    const near = new NearOutside({ outside, definitions, secrets, sent, send: (message) => process.send(message) })
    const hired: Hired = { name, process, near, proxy, still: false }
    this.#alive.add(hired)
    void process.gone.then(() => this.#lost(hired))
    process.begin({ kind: 'begin', name, url: proxy.url, pace: clock.pace, leaseMs }, (message) =>
      this.#hear(hired, message),
    )
  }

  /** It is gone, and another takes its place after a while. One has been loaded for that already. */
  #lost(hired: Hired): void {
    if (this.#closed) return
    this.#alive.delete(hired)
    hired.near.bury()
    void hired.proxy.close()
    const { s, clock, leaseMs } = this.options
    const next = this.#spare ?? this.#process()
    this.#spare = this.#process()
    clock.timer(s.chance.between(50, leaseMs, `replaced/${hired.name}`), () => {
      next.loaded.then(
        () => (this.#closed ? undefined : this.#hire(next)),
        (error: Error) => {
          this.fault = error
        },
      )
    })
  }

  #hear(hired: Hired, message: FromWorker): void {
    if (message.kind === 'ask') this.#asked(hired, message.id, message.request)
    else if (message.kind === 'abort') hired.near.abort(message)
    else if (message.kind === 'back') hired.near.back(message)
    else if (message.kind === 'bit') this.#bit(message.no)
    else if (message.kind === 'began') this.#failures = 0
    else if (message.kind === 'failed') this.#failed(message.message)
  }

  #asked(hired: Hired, id: number, request: Request): void {
    if (request.kind === 'pass') this.#pass(hired, id, request)
    else void hired.near.hear(id, request)
  }

  #failed(message: string): void {
    this.#failures += 1
    if (this.#failures >= MOST_FAILURES) this.fault = new Error(`No worker can begin: ${message}`)
  }

  #bit(no: number): void {
    const strike = this.#strikes[no]
    if (strike) this.options.s.fates.bit(strike)
  }

  /** Decides what strikes here. What befalls the network is done here; what befalls the process, it does to itself. */
  #pass(hired: Hired, id: number, { site, busy, mark }: Extract<Request, { kind: 'pass' }>): void {
    const { fates } = this.options.s
    const isSpared = this.idle && !busy && this.options.byRates
    const may = site.kind === 'point' ? AT_POINT : AT_CALL
    const strike = fates.at(site, isSpared ? [] : may)
    const now = strike && this.#fellBy(hired, strike, busy)
    const reaches = site.kind === 'call' && (now === null || now.fault === 'ledger_slow' || now.fault === 'clock_skew')
    const back = reaches ? fates.at({ kind: 'answer', name: site.name }, isSpared ? [] : AT_ANSWER) : null
    const answer = back && this.#fellBy(hired, back, busy)
    if (answer?.fault === 'answer_lost' && mark !== null) void hired.proxy.cut('after', mark)
    const passed: Passed = { now, answer }
    hired.process.send({ kind: 'given', id, given: { ok: true, value: passed } })
  }

  #fellBy(hired: Hired, strike: Strike, busy: boolean): Fell | null {
    const { s, leaseMs } = this.options
    const no = this.#strikes.push(strike) - 1
    const luck = s.chance.of(`${strike.place}/${strike.fault}`)
    const { fault } = strike
    switch (fault) {
      case 'crash':
        if (busy) s.fates.bit(strike)
        return { fault, no, ms: 0 }
      case 'stall':
        if (busy) s.fates.bit(strike)
        return { fault, no, ms: this.#stall(hired, Math.ceil(leaseMs * (1.1 + 2 * luck))) }
      case 'clock_skew':
        s.fates.bit(strike)
        return { fault, no, ms: Math.round((luck - 0.5) * 2 * SKEW_MS) }
      case 'ledger_away':
        this.#away(strike, luck < 0.8 ? 20 + luck * 3_000 : 8_000 + luck * 10_000)
        return { fault, no, ms: 0 }
      default:
        return { fault, no, ms: fault === 'answer_lost' ? 0 : 200 + Math.floor(luck * 3_800) }
    }
  }

  /** It stops itself; somebody else must wake it. */
  #stall(hired: Hired, ms: number): number {
    hired.still = true
    this.options.clock.timer(ms, () => {
      hired.still = false
      hired.process.wake()
    })
    return ms
  }

  /** Out of everybody's reach for so long. */
  #away(strike: Strike, ms: number): void {
    const proxies = [...this.#alive].map(({ proxy }) => proxy)
    for (const proxy of proxies) proxy.away = true
    this.options.s.fates.bit(strike)
    this.options.clock.timer(ms, () => {
      for (const proxy of proxies) proxy.away = false
    })
  }
}
