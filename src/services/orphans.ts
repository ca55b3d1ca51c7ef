import { LIMITS } from '../core/limits.js'
import type { Claimed, RunRow } from '../core/run-row.js'
import type { Engine } from '../orchestrator/engine.js'

export interface OrphansOptions {
  readonly engine: Pick<Engine, 'ledger' | 'clock' | 'gate'>
  readonly workerId: () => number
  /** Whether somebody in this worker has a run, or is asking the ledger for it. */
  readonly isTaken: (runId: string) => boolean
  readonly alarm: (what: string) => void
}

/** Held runs read at once. */
const PAGE = 1_000
/** When to look, after a claim that failed, for runs that it took all the same: it may be worked long after it seemed lost. */
const LOOKS_AFTER_MS = [0, 1_000, 4_000, LIMITS.lease_ms] as const

/**
 * Runs that are this worker's by the ledger and that nobody in it works: the answer of a claim was lost, or a stretch was
 * dropped. While the worker lives no other takes them, so it takes them up itself.
 */
export class Orphans {
  /** When to look though nothing is known of any (monotonic). */
  #looks: number[] = []
  /** Something went wrong after which there may be some. */
  #doubtful = false
  /** Runs dropped here again and again without coming to rest, and when they may be taken up once more (monotonic). */
  readonly #dropped = new Map<string, { readonly times: number; readonly after: number }>()

  constructor(private readonly options: OrphansOptions) {}

  /** True while nothing is known that would make a look worth its while. */
  get none(): boolean {
    return !this.#doubtful && this.#looks.length === 0
  }

  /** A claim failed, or its answer was lost: what it took may be here. */
  suspect(): void {
    const now = this.options.engine.clock.monotonic()
    this.#looks = LOOKS_AFTER_MS.map((ms) => now + ms)
  }

  /** Out of reach is nobody's fault; anything else, and the run waits longer each time. */
  drop(runId: string, isAway: boolean): void {
    const times = (this.#dropped.get(runId)?.times ?? 0) + (isAway ? 0 : 1)
    const pauseMs = times < 2 ? 0 : Math.min(LIMITS.backoff_cap_ms, LIMITS.backoff_base_ms * 2 ** times)
    this.#dropped.set(runId, { times, after: this.options.engine.clock.monotonic() + pauseMs })
    this.#doubtful = true
  }

  /** It came to rest. */
  rested(runId: string): void {
    this.#dropped.delete(runId)
  }

  /** Looks, where there is reason to, and hands over each that may be taken up now. */
  async takeUp(work: (claimed: Claimed) => void): Promise<void> {
    const { engine, alarm } = this.options
    const later = this.#looks.filter((at) => at > engine.clock.monotonic())
    if ((!this.#doubtful && later.length === this.#looks.length) || !engine.gate.isOpen) return
    this.#looks = later
    this.#doubtful = false
    try {
      for (const { runId } of await this.#held()) {
        const claimed = await this.#claimed(runId)
        if (claimed) work(claimed)
      }
    } catch (error) {
      this.#doubtful = true
      alarm(`Held runs were not read: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  /** One of them as a claim would have handed it over; null while it waits, or where it is nobody's orphan after all. */
  async #claimed(runId: string): Promise<Claimed | null> {
    const { engine, workerId, isTaken } = this.options
    const { times, after } = this.#dropped.get(runId) ?? { times: 0, after: 0 }
    if (isTaken(runId)) return null
    if (after > engine.clock.monotonic()) {
      this.#doubtful = true
      return null
    }
    const switched = await engine.ledger.switchedRun({ runId })
    const at = await engine.ledger.now()
    // As it is now: a host may have asked for it, and had it, since the list was read.
    const run = await engine.ledger.run({ runId })
    if (run === null || run.workerId !== workerId() || isTaken(runId)) return null
    return { run, switched, at, dropped: times }
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
}
