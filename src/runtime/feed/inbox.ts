import type { FeedEntry, Position } from '../../core/feed.js'
import { LIMITS } from '../../core/limits.js'
import type { Clock } from '../../core/time.js'

/** What came: entries, or none when nothing came for a while; `over`: there will be no more. */
export type Taken = readonly FeedEntry[] | 'over'

/**
 * What waits for one follower. It never holds more than its limits: who takes too slowly is let go, and goes on from the last
 * place that it had.
 */
export class Inbox {
  /** The place behind everything that was put in, once it is empty. */
  place: Position | null = null
  #waiting: FeedEntry[] = []
  #chars = 0
  #isOver = false
  #ring: () => void = () => undefined

  constructor(
    private readonly clock: Clock,
    private readonly wants: (entry: FeedEntry) => boolean = () => true,
  ) {}

  readonly hear = (one: FeedEntry): void => {
    if (this.#isOver || !this.wants(one)) return
    this.#waiting.push(one)
    this.#chars += (one.entry.body?.length ?? 0) + one.entry.factsText.length
    if (this.#waiting.length > LIMITS.feed_inbox || this.#chars > LIMITS.feed_inbox_chars) this.end()
    else this.#ring()
  }

  readonly at = (place: Position): void => {
    this.place = place
  }

  /** Nothing more is taken in or given out. */
  readonly end = (): void => {
    this.#isOver = true
    this.#waiting = []
    this.#ring()
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** All that waits, as soon as there is anything. */
  async take(quietMs: number = LIMITS.feed_quiet_ms): Promise<Taken> {
    if (this.#waiting.length === 0 && !this.#isOver) await this.#rung(quietMs)
    if (this.#isOver) return 'over'
    const taken = this.#waiting
    this.#waiting = []
    this.#chars = 0
    return taken
  }

  #rung(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const stopTimer = this.clock.timer(ms, () => this.#ring())
      this.#ring = () => {
        this.#ring = () => undefined
        stopTimer()
        resolve()
      }
    })
  }
}
