import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from './pool.js'

/** Between two looks at who is absent. */
const LOOK_EVERY_MS = 1_000
const SECOND_LOOK_MS = 150

/** Ends the leases of workers whose process died, when they are absent at two looks. */
export class Reaper {
  #lookedAt = Number.NEGATIVE_INFINITY
  #looking: Promise<void> = Promise.resolve()
  #closed = false

  constructor(private readonly database: Database) {}

  /** To be called with each heartbeat; looks once a second and waits for nobody. */
  look(): void {
    const now = performance.now()
    if (this.#closed || now - this.#lookedAt < LOOK_EVERY_MS) return
    this.#lookedAt = now
    // Whatever goes wrong, leases run out by themselves.
    this.#looking = this.#twice().catch(() => undefined)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#looking
  }

  async #twice(): Promise<void> {
    const absent = await this.database.rows('select absent_workers as worker_id from midwatch.absent_workers()')
    if (absent.length === 0) return
    await delay(SECOND_LOOK_MS)
    await this.database.rows('select midwatch.reap($1)', [absent.map((row) => row.worker_id)])
  }
}
