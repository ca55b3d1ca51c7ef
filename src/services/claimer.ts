import { setMaxListeners } from 'node:events'
import { MidwatchError } from '../core/errors.js'
import { LIMITS } from '../core/limits.js'
import type { Claimed } from '../core/run-row.js'
import type { Activation } from '../orchestrator/activation.js'
import type { Definition } from '../orchestrator/definition.js'
import type { Engine } from '../orchestrator/engine.js'
import { definitionFor } from '../orchestrator/serving.js'
import { takeUp } from '../orchestrator/stretch.js'
import type { Stretch } from '../orchestrator/stretch-end.js'
import { Orphans } from './orphans.js'
import type { Service } from './service.js'
import { Visit, type Worked } from './visit.js'

export interface ClaimerOptions {
  readonly engine: Engine
  readonly serves: ReadonlyMap<string, Definition>
  readonly workerId: () => number
  /** Runs at once in this worker. */
  readonly concurrency: number
  /** Of them at most for one tenant. */
  readonly perTenant?: number | undefined
  readonly alarm: (what: string) => void
  readonly heard: (runId: string, stretch: Stretch) => void
}

/** How long a run's next stretch waits for the one before it to come to rest in this worker. */
const HANDOVER_MS = 250
/** Why a nap was cut short. Nobody reads it; without one, each time an error is made, with its stack. */
const POKED = 'poked'

/** Takes due runs and works them, up to a number at once. Woken by NOTIFY and by its own timers; polling is the net. */
export class Claimer implements Service {
  /** Runs that this worker is working on. */
  readonly active = new Map<string, Activation | null>()
  /** Runs that this worker's code does not fit: it has tried. */
  readonly misfits = new Set<string>()
  /** Parked activations, least recently parked first: waking one costs no replay. */
  readonly #kept = new Map<string, Activation>()
  readonly #stretches = new Map<string, Promise<Stretch>>()
  #stop = new AbortController()
  #nap = new AbortController()
  #poked = false
  /** There was no room for another run: the next that ends makes some. */
  #full = false
  readonly #orphans: Orphans
  /** Runs that a host named and whose claim, or whose stretch, is under way. */
  readonly #named = new Set<string>()
  /** Whether it takes runs unasked. */
  #claims = true
  #visit: Visit | null = null
  #visits: Promise<unknown> = Promise.resolve()
  #loop: Promise<void> = Promise.resolve()

  constructor(private readonly options: ClaimerOptions) {
    // Every run that parked until a time soon listens to it, and they are many: no leak.
    setMaxListeners(0, this.#stop.signal)
    const isTaken = (runId: string) => this.#stretches.has(runId) || this.#named.has(runId)
    this.#orphans = new Orphans({ ...options, isTaken })
  }

  /** `claims: false`: it takes runs by name and during visits alone, and looks after those that it holds. */
  start({ claims = true }: { readonly claims?: boolean } = {}): Promise<void> {
    this.#claims = claims
    this.#loop = this.#run()
    return Promise.resolve()
  }

  /** Takes nothing more. What is under way is not waited for here. */
  async stop(): Promise<void> {
    this.#stop.abort()
    this.#nap.abort()
    await this.#loop
  }

  /** Something became due: look now. */
  poke(): void {
    this.#poked = true
    this.#nap.abort(POKED)
  }

  async #run(): Promise<void> {
    const { clock, gate } = this.options.engine
    while (!this.#stop.signal.aborted) {
      this.#poked = false
      await this.#orphans.takeUp((claimed) => void this.#work(claimed))
      const isAll = !(this.#claims || this.#visit?.isOpen) || (await this.#claim())
      if (!isAll || this.#poked || this.#stop.signal.aborted) continue
      if (this.#visit?.look(this.active.size === 0 && this.#orphans.none && gate.isOpen)) this.#visit = null
      // One that nobody cut short serves again.
      if (this.#nap.signal.aborted) this.#nap = new AbortController()
      await clock.sleep(LIMITS.poll_ms, this.#nap.signal)
    }
    this.#visit?.end(false)
  }

  /** Takes due runs for a while, though the worker claims none by itself. One visit after the other. */
  work(withinMs: number): Promise<Worked> {
    const visited = this.#visits.then(() => {
      const { clock, time } = this.options.engine
      const visit = new Visit({ clock, time, poke: () => this.poke() }, withinMs)
      if (this.#stop.signal.aborted) visit.end(false)
      else this.#visit = visit
      this.poke()
      return visit.result
    })
    this.#visits = visited
    return visited
  }

  /** True when nothing more is to be had now. */
  async #claim(): Promise<boolean> {
    const { engine, workerId, concurrency, perTenant, alarm } = this.options
    const limit = Math.min(LIMITS.claim_batch, concurrency - this.active.size)
    this.#full = limit <= 0
    if (limit <= 0 || !engine.gate.isOpen) return true
    try {
      await engine.failpoint('claiming')
      const since = engine.clock.monotonic()
      const claimed = await engine.ledger.claim({
        ...{ workerId: workerId(), limit },
        ...(perTenant !== undefined && { perTenant }),
      })
      const tookMs = engine.clock.monotonic() - since
      if (engine.observers.on) engine.observers.tell({ kind: 'claimed', asked: limit, got: claimed.length, tookMs })
      for (const one of claimed) void this.#work(one)
      return claimed.length < limit && claimed.length !== LIMITS.claim_clipped
    } catch (error) {
      this.#orphans.suspect()
      alarm(`No claim: ${error instanceof Error ? error.message : String(error)}`)
      return true
    }
  }

  /** Takes one run now, if it is due, and works it until it parks or ends. null: it was not due, or another has it. */
  advance(runId: string): Promise<Stretch | null> {
    return this.#byName(runId, ({ ledger }, workerId) => ledger.claim({ workerId, limit: 1, runId }))
  }

  /** Takes a run that other code did not fit, and works it as `advance` does. */
  takeMisfit(runId: string): Promise<Stretch | null> {
    return this.#byName(runId, ({ ledger }, workerId) => ledger.claimMisfit({ workerId, runId }))
  }

  async #byName(
    runId: string,
    claim: (engine: Engine, workerId: number) => Promise<Claimed[]>,
  ): Promise<Stretch | null> {
    if (this.active.has(runId) || this.#named.has(runId)) return null
    this.#named.add(runId)
    try {
      const claimed = await claim(this.options.engine, this.options.workerId()).catch((error) => {
        this.#orphans.suspect()
        throw error
      })
      return claimed[0] ? await this.#work(claimed[0]) : null
    } finally {
      this.#named.delete(runId)
    }
  }

  /** Works a claimed run. The stretch before it, here in this worker, may have parked in the ledger only just now. */
  async #work(claimed: Claimed): Promise<Stretch> {
    const { runId } = claimed.run
    const before = this.#stretches.get(runId)
    const stretch = this.#stretch(claimed, before)
    this.#stretches.set(runId, stretch)
    const result = await stretch
    if (this.#stretches.get(runId) === stretch) {
      this.#stretches.delete(runId)
      this.active.delete(runId)
    }
    this.#after(runId, result)
    this.options.heard(runId, result)
    return result
  }

  async #stretch(claimed: Claimed, before: Promise<Stretch> | undefined): Promise<Stretch> {
    const { engine, serves, alarm } = this.options
    const { runId } = claimed.run
    if (before) await Promise.race([before, engine.clock.sleep(HANDOVER_MS)])
    const definition = definitionFor(serves, claimed.run)
    const kept = this.#kept.get(runId)
    this.#kept.delete(runId)
    this.active.set(runId, kept ?? null)
    try {
      if (!definition) return { status: 'lost', code: 'not_served' }
      const work = await takeUp(engine, definition, claimed, kept)
      this.active.set(runId, work.activation)
      const stretch = await work.over
      if (stretch.status === 'parked' && stretch.keep) this.#keep(runId, work.activation)
      this.#knowMisfit(runId, work.activation.isMisfit)
      if (stretch.status === 'lost') this.#orphans.drop(runId, stretch.code === 'ledger_away')
      else this.#orphans.rested(runId)
      return stretch
    } catch (error) {
      this.#orphans.drop(runId, error instanceof MidwatchError && error.retryable)
      alarm(`Run ${runId} was dropped: ${error instanceof Error ? error.message : String(error)}`)
      return { status: 'lost', code: 'dropped' }
    }
  }

  #knowMisfit(runId: string, isMisfit: boolean): void {
    this.misfits.delete(runId)
    if (isMisfit) this.misfits.add(runId)
    const [oldest] = this.misfits
    if (this.misfits.size > LIMITS.known_misfits && oldest !== undefined) this.misfits.delete(oldest)
  }

  #keep(runId: string, activation: Activation): void {
    this.#kept.set(runId, activation)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > LIMITS.parked_activations && oldest !== undefined) this.#kept.delete(oldest)
  }

  /** There is room again, or something to take up; and a run that parked until a time is looked for at that time. */
  #after(runId: string, stretch: Stretch): void {
    const { clock, time } = this.options.engine
    // A tenant that has all the places it may have: one of them is free now, too.
    if (this.#full || this.options.perTenant !== undefined || stretch.status !== 'ended') this.poke()
    this.#visit?.heard(runId, stretch)
    if (stretch.status !== 'parked' || stretch.dueAt === null) return
    const ms = stretch.dueAt - time.now()
    if (ms < 60_000) void clock.sleep(Math.max(0, ms), this.#stop.signal).then(() => this.poke())
  }
}
