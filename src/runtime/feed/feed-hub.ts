import { MidwatchError } from '../../core/errors.js'
import type { FeedEntry, FeedPage, Position } from '../../core/feed.js'
import type { Ledger } from '../../core/ledger.js'
import { LIMITS } from '../../core/limits.js'
import type { Clock } from '../../core/time.js'

/** Who hears what is written from now on, in order: everything, or one run's. Must not throw. */
export interface Listener {
  readonly runId?: string
  readonly hear: (entry: FeedEntry) => void
  /** Told when there is nothing more for now: the place behind everything, whether it was heard or not. */
  readonly at?: (place: Position) => void
  /** Nothing follows on what was heard: the ledger began another life, or this process closes. */
  readonly end: () => void
}

/** From `place` on a listener hears everything; what lies before it is to be read from the ledger. */
export interface Joined {
  readonly place: Position
  readonly leave: () => void
}

/**
 * Reads the end of the ledger once for everybody in this process who follows it: one loop, which rests while nobody listens. A
 * wake of the ledger makes it look sooner; a ledger that is away is waited for.
 */
export class FeedHub {
  readonly #all = new Set<Listener>()
  readonly #byRun = new Map<string, Set<Listener>>()
  #listeners = 0
  #joining = 0
  #place: Position | null = null
  #looking: Promise<void> | null = null
  #isPoked = false
  #stopTimer: () => void = () => undefined
  #unlisten: Promise<() => Promise<void>> | null = null
  #isClosed = false

  constructor(
    private readonly ledger: Ledger,
    private readonly clock: Clock,
  ) {}

  /** How many listen. */
  get size(): number {
    return this.#listeners
  }

  /** Throws `ledger_away`. */
  async join(listener: Listener): Promise<Joined> {
    this.#joining += 1
    try {
      // One look that begins after now: who has read further than the last one must not hear that again.
      await this.#looking?.catch(() => undefined)
      await this.#look()
      if (this.#isClosed || this.#place === null) {
        throw new MidwatchError(
          'ledger_refused',
          'Nobody can follow the ledger now: this process closes, or the ledger moved.',
        )
      }
      this.#add(listener)
      return { place: this.#place, leave: () => this.#remove(listener) }
    } finally {
      this.#joining -= 1
      if (this.#listeners === 0) await this.#sleep()
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#endAll()
    await this.#sleep()
  }

  #add(listener: Listener): void {
    const { runId } = listener
    this.#listeners += 1
    if (runId === undefined) this.#all.add(listener)
    else this.#byRun.set(runId, (this.#byRun.get(runId) ?? new Set()).add(listener))
    this.#unlisten ??= this.ledger.listen(() => this.#poke()).catch(() => async () => undefined)
    if (!this.#isPoked) this.#rest()
  }

  #remove(listener: Listener): void {
    const { runId } = listener
    const among = runId === undefined ? this.#all : this.#byRun.get(runId)
    if (!among?.delete(listener)) return
    if (runId !== undefined && among.size === 0) this.#byRun.delete(runId)
    this.#listeners -= 1
    if (this.#listeners === 0) void this.#sleep()
  }

  /** Nobody listens: the place is forgotten, and nothing is read. */
  async #sleep(): Promise<void> {
    if (this.#joining > 0) return
    this.#stopTimer()
    this.#isPoked = false
    this.#place = null
    const unlisten = this.#unlisten
    this.#unlisten = null
    await unlisten?.then((stop) => stop()).catch(() => undefined)
  }

  #rest(): void {
    this.#stopTimer()
    this.#stopTimer = this.clock.timer(LIMITS.feed_poll_ms, () => this.#poke())
  }

  /** Looks in a moment, with all that comes until then. */
  #poke(): void {
    if (this.#isPoked || this.#listeners === 0) return
    this.#isPoked = true
    this.#stopTimer()
    this.#stopTimer = this.clock.timer(LIMITS.feed_gather_ms, () => {
      void this.#look()
        .catch((error) => {
          // Away is waited for; closed is for good.
          if (!(error instanceof MidwatchError && error.retryable)) this.#endAll()
        })
        .then(() => {
          this.#isPoked = false
          if (this.#listeners > 0) this.#rest()
        })
    })
  }

  /** One look at a time; whoever asks meanwhile gets that one. */
  #look(): Promise<void> {
    this.#looking ??= this.#readOn().finally(() => {
      this.#looking = null
    })
    return this.#looking
  }

  async #readOn(): Promise<void> {
    this.#place ??= await this.ledger.feed.head()
    for (let isAll = false; !isAll; ) {
      const page = await this.ledger.feed.read({ after: this.#place, limit: LIMITS.feed_page })
      if (page.code !== 'ok') {
        this.#endAll()
        this.#place = await this.ledger.feed.head()
        return
      }
      isAll = page.entries.length < LIMITS.feed_page
      this.#tell(page, isAll)
    }
  }

  #tell({ entries, next }: Extract<FeedPage, { code: 'ok' }>, isAll: boolean): void {
    this.#place = next
    for (const one of entries) {
      for (const { hear } of this.#all) hear(one)
      for (const { hear } of this.#byRun.get(one.entry.runId) ?? []) hear(one)
    }
    if (isAll) for (const { at } of this.#all) at?.(next)
  }

  #endAll(): void {
    const listeners = [...this.#all, ...[...this.#byRun.values()].flatMap((some) => [...some])]
    this.#all.clear()
    this.#byRun.clear()
    this.#listeners = 0
    for (const { end } of listeners) end()
  }
}
