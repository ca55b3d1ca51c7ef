import { setMaxListeners } from 'node:events'
import { MidwatchError } from '../core/errors.js'
import { LIMITS } from '../core/limits.js'
import type { Claimed, RunRow } from '../core/run-row.js'
import type { Activation } from '../orchestrator/activation.js'
import type { Definition } from '../orchestrator/definition.js'
import type { Engine } from '../orchestrator/engine.js'
import { definitionFor } from '../orchestrator/serving.js'
import { takeUp } from '../orchestrator/stretch.js'
import type { Stretch } from '../orchestrator/stretch-end.js'
import type { Service } from './service.js'

export interface ClaimerOptions {
  readonly engine: Engine
  readonly serves: ReadonlyMap<string, Definition>
  readonly workerId: () => number
  /** Runs at once in this worker. */
  readonly concurrency: number
  readonly alarm: (what: string) => void
  readonly heard: (runId: string, stretch: Stretch) => void
}

/** How long a run's next stretch waits for the one before it to come to rest in this worker. */
const HANDOVER_MS = 250
/** Held runs read at once. */
const PAGE = 1_000
/** When to look, after a claim that failed, for runs that it took all the same: it may be worked long after it seemed lost. */
const LOOKS_AFTER_MS = [0, 1_000, 4_000, LIMITS.lease_ms] as const

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
  /** Something went wrong after which runs may be held that nobody works. */
  #doubtful = false
  /** When to look for such runs though nothing is known of them (monotonic). */
  #looks: number[] = []
  /** Runs dropped here again and again without coming to rest, and when they may be taken up once more (monotonic). */
  readonly #dropped = new Map<string, { readonly times: number; readonly after: number }>()
  #loop: Promise<void> = Promise.resolve()

  constructor(private readonly options: ClaimerOptions) {
    // Every run that parked until a time soon listens to it, and they are many: no leak.
    setMaxListeners(0, this.#stop.signal)
  }

  start(): Promise<void> {
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
    this.#nap.abort()
  }

  async #run(): Promise<void> {
    const { clock } = this.options.engine
    while (!this.#stop.signal.aborted) {
      this.#poked = false
      await this.#takeUpOrphans()
      const isAll = await this.#claim()
      if (!isAll || this.#poked || this.#stop.signal.aborted) continue
      // One that nobody cut short serves again.
      if (this.#nap.signal.aborted) this.#nap = new AbortController()
      await clock.sleep(LIMITS.poll_ms, this.#nap.signal)
    }
  }

  /** True when nothing more is to be had now. */
  async #claim(): Promise<boolean> {
    const { engine, workerId, concurrency, alarm } = this.options
    const limit = Math.min(LIMITS.claim_batch, concurrency - this.active.size)
    this.#full = limit <= 0
    if (limit <= 0 || !engine.gate.isOpen) return true
    try {
      await engine.failpoint('claiming')
      const since = engine.clock.monotonic()
      const claimed = await engine.ledger.claim({ workerId: workerId(), limit })
      const tookMs = engine.clock.monotonic() - since
      if (engine.observers.on) engine.observers.tell({ kind: 'claimed', asked: limit, got: claimed.length, tookMs })
      for (const one of claimed) void this.#work(one)
      return claimed.length < limit
    } catch (error) {
      const now = engine.clock.monotonic()
      this.#looks = LOOKS_AFTER_MS.map((ms) => now + ms)
      alarm(`No claim: ${error instanceof Error ? error.message : String(error)}`)
      return true
    }
  }

  /**
   * A claim whose answer was lost, or a stretch that was dropped, leaves runs with a living worker that does not work them:
   * they are this worker's, so it takes them up.
   */
  async #takeUpOrphans(): Promise<void> {
    const { engine, alarm } = this.options
    const later = this.#looks.filter((at) => at > engine.clock.monotonic())
    if ((!this.#doubtful && later.length === this.#looks.length) || !engine.gate.isOpen) return
    this.#looks = later
    this.#doubtful = false
    try {
      for (const run of await this.#held()) {
        const { times, after } = this.#dropped.get(run.runId) ?? { times: 0, after: 0 }
        if (this.active.has(run.runId)) continue
        if (after > engine.clock.monotonic()) {
          this.#doubtful = true
          continue
        }
        const switched = await engine.ledger.switchedRun({ runId: run.runId })
        // Dropping counts as a claim does: what no worker can bring to rest ends as a dead letter.
        const counted = { ...run, claims: run.claims + times }
        void this.#work({ run: counted, switched, at: await engine.ledger.now() })
      }
    } catch (error) {
      this.#doubtful = true
      alarm(`Held runs were not read: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  /** Runs that are this worker's by the ledger, ended ones with open doubts among them. */
  async #held(): Promise<RunRow[]> {
    const { engine, workerId } = this.options
    const found = new Map<string, RunRow>()
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page: RunRow[] = await engine.ledger.runs({ workerId: workerId(), after, limit: PAGE })
      for (const run of page) found.set(run.runId, run)
      after = page.length < PAGE ? undefined : page.at(-1)?.runId
    }
    for (const runId of this.#dropped.keys()) if (!found.has(runId)) this.#dropped.delete(runId)
    return [...found.values()]
  }

  /** Out of reach is nobody's fault; anything else, and the run waits longer each time. */
  #drop(runId: string, isAway: boolean): void {
    const times = (this.#dropped.get(runId)?.times ?? 0) + (isAway ? 0 : 1)
    const pauseMs = times < 2 ? 0 : Math.min(LIMITS.backoff_cap_ms, LIMITS.backoff_base_ms * 2 ** times)
    this.#dropped.set(runId, { times, after: this.options.engine.clock.monotonic() + pauseMs })
    this.#doubtful = true
  }

  /** Takes one run now, if it is due, and works it until it parks or ends. null: it was not due, or another has it. */
  async advance(runId: string): Promise<Stretch | null> {
    const { engine, workerId } = this.options
    if (this.active.has(runId)) return null
    const [claimed] = await engine.ledger.claim({ workerId: workerId(), limit: 1, runId })
    return claimed ? this.#work(claimed) : null
  }

  /** Takes a run that other code did not fit, and works it as `advance` does. */
  async takeMisfit(runId: string): Promise<Stretch | null> {
    const { engine, workerId } = this.options
    if (this.active.has(runId)) return null
    const [claimed] = await engine.ledger.claimMisfit({ workerId: workerId(), runId })
    return claimed ? this.#work(claimed) : null
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
    this.#after(result)
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
      if (stretch.status === 'lost') this.#drop(runId, stretch.code === 'ledger_away')
      else this.#dropped.delete(runId)
      return stretch
    } catch (error) {
      this.#drop(runId, error instanceof MidwatchError && error.retryable)
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
  #after(stretch: Stretch): void {
    const { clock, time } = this.options.engine
    if (this.#full || stretch.status !== 'ended') this.poke()
    if (stretch.status !== 'parked' || stretch.dueAt === null) return
    const ms = stretch.dueAt - time.now()
    if (ms < 60_000) void clock.sleep(Math.max(0, ms), this.#stop.signal).then(() => this.poke())
  }
}
