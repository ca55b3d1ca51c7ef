import type { Ledger } from '../core/ledger.js'
import { LIMITS } from '../core/limits.js'
import type { DueRun } from '../core/run-row.js'
import type { Clock } from '../core/time.js'

/** Hears of a run that may be taken up now. */
export type HearsDue = (runId: string) => void

export interface DueWatchOptions {
  readonly ledger: Pick<Ledger, 'due'>
  readonly clock: Clock
  readonly serves: readonly string[]
  readonly queues: readonly string[]
  readonly alarm: (what: string) => void
}

/** What is known to have been told of a run: the claim before it, or the time at which it fell due. */
interface Told {
  readonly mark: string
  /** Monotonic ms. */
  readonly at: number
}

/**
 * Tells hosts which runs may be taken up now, whoever made them due. Looks when the ledger says that something became due, and by
 * the clock beneath that; it claims nothing. A run is told once each time that it falls due, and again while it lies there.
 * While nobody listens nothing is looked at.
 */
export class DueWatch {
  readonly #hearers = new Set<HearsDue>()
  readonly #stop = new AbortController()
  #told = new Map<string, Told>()
  #nap = new AbortController()
  #poked = false
  #loop: Promise<void> | null = null

  constructor(private readonly options: DueWatchOptions) {}

  /** What is due already is told, too. */
  listen(hears: HearsDue): () => void {
    const one: HearsDue = (runId) => hears(runId)
    this.#hearers.add(one)
    this.#told = new Map()
    this.#loop ??= this.#run()
    this.poke()
    return () => {
      this.#hearers.delete(one)
      this.#nap.abort()
    }
  }

  /** Something became due. */
  poke(): void {
    this.#poked = true
    this.#nap.abort()
  }

  async stop(): Promise<void> {
    this.#hearers.clear()
    this.#stop.abort()
    this.#nap.abort()
    await this.#loop
  }

  async #run(): Promise<void> {
    const { clock } = this.options
    while (this.#hearers.size > 0 && !this.#stop.signal.aborted) {
      this.#poked = false
      if (this.#nap.signal.aborted) this.#nap = new AbortController()
      await this.#look()
      if (!this.#poked && this.#hearers.size > 0) await clock.sleep(LIMITS.poll_ms, this.#nap.signal)
    }
    this.#loop = null
    // Somebody came while the last one left.
    if (this.#hearers.size > 0 && !this.#stop.signal.aborted) this.#loop = this.#run()
  }

  async #look(): Promise<void> {
    const { ledger, clock, serves, queues, alarm } = this.options
    try {
      const found = await ledger.due({ serves, queues, limit: LIMITS.due_looked_at })
      const before = this.#told
      const now = clock.monotonic()
      this.#told = new Map(found.map((run) => [run.runId, toldOf(run, before.get(run.runId), now)]))
      for (const { runId } of found) if (this.#told.get(runId) !== before.get(runId)) this.#tell(runId)
    } catch (error) {
      alarm(`What is due was not looked at: ${messageOf(error)}`)
    }
  }

  #tell(runId: string): void {
    for (const hears of this.#hearers) {
      try {
        hears(runId)
      } catch (error) {
        this.options.alarm(`Who listens to what is due failed: ${messageOf(error)}`)
      }
    }
  }
}

/** The same as before where it was told already, and not so long ago. */
function toldOf({ fence, dueAt }: DueRun, before: Told | undefined, now: number): Told {
  const mark = `${fence} ${dueAt}`
  return before?.mark === mark && now - before.at < LIMITS.due_again_ms ? before : { mark, at: now }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
