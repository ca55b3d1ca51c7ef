import type { Clock } from '../../core/time.js'
import type { Message } from '../scenario.js'

/** One delivery of a message: the same one is worked as often as it is delivered. */
export interface Delivery {
  readonly message: Message
  /** How often this entry of the queue was handed out. */
  times: number
  /** When it is handed out again, if nobody says that it is done; null while it waits. */
  visibleAt: number | null
}

/**
 * A queue as everybody has one: at least once. What is taken and neither done nor kept alive for so long is handed out
 * again; it knows no keys, so that a message which was sent twice is two messages.
 */
export class NaiveQueue {
  readonly #waiting: Delivery[] = []
  readonly #taken = new Set<Delivery>()
  #held = false
  #closed = false

  constructor(
    private readonly clock: Clock,
    private readonly visibilityMs: number,
    /** Something can be taken. */
    private readonly wake: () => void,
  ) {}

  send(message: Message): void {
    this.#waiting.push({ message, times: 0, visibleAt: null })
    this.wake()
  }

  take(): Delivery | null {
    if (this.#held || this.#closed) return null
    const next = this.#waiting.shift()
    if (!next) return null
    next.times += 1
    this.#taken.add(next)
    this.touch(next)
    return next
  }

  /** Keeps a delivery with whoever works it. */
  touch(delivery: Delivery): void {
    const until = this.clock.now() + this.visibilityMs
    delivery.visibleAt = until
    this.clock.timer(this.visibilityMs, () => {
      if (!this.#taken.has(delivery) || delivery.visibleAt !== until) return
      this.#taken.delete(delivery)
      delivery.visibleAt = null
      this.#waiting.push(delivery)
      this.wake()
    })
  }

  done(delivery: Delivery): void {
    this.#taken.delete(delivery)
    delivery.visibleAt = null
  }

  /** Nothing is handed out while it is held. */
  hold(held: boolean): void {
    this.#held = held
    if (!held) this.wake()
  }

  /** Nothing is handed out any more: all that a kill can do. */
  close(): void {
    this.#closed = true
  }

  get empty(): boolean {
    return this.#taken.size === 0 && (this.#closed || this.#waiting.length === 0)
  }
}
