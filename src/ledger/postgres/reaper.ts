import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from './pool.js'

/** Between two looks at who is absent, whoever takes them: the more workers live, the more rarely each of them looks. */
const LOOK_EVERY_MS = 200
const SECOND_LOOK_MS = 150

const ABSENT = `
  select array(select midwatch.absent_workers()) as absent,
    (select count(*) from midwatch.worker where not retired and lease_until > (select midwatch.clock_ms())) as living`

/** Ends the leases of workers whose process died, when they are absent at two looks. */
export class Reaper {
  readonly #over = new AbortController()
  readonly #own = new Set<number>()
  #looking: Promise<void> | null = null

  constructor(private readonly database: Database) {}

  /** From now on looks by itself, for the sake of all but the workers of this process. */
  watch(workerId: number): void {
    this.#own.add(workerId)
    this.#looking ??= this.#watch()
  }

  async close(): Promise<void> {
    this.#over.abort()
    await this.#looking
  }

  async #watch(): Promise<void> {
    let living = 1
    while (!this.#over.signal.aborted) {
      // Not all at the same time: the others' looks shall fall in between.
      await this.#pause(LOOK_EVERY_MS * Math.max(1, living - 1) * (0.75 + Math.random() / 2))
      // Whatever goes wrong, leases run out by themselves.
      living = await this.#twice().catch(() => living)
    }
  }

  /** Answers how many workers live. */
  async #twice(): Promise<number> {
    const { absent, living } = await this.database.row(ABSENT)
    const gone = (absent as number[]).filter((workerId) => !this.#own.has(workerId))
    if (gone.length > 0) await this.#pause(SECOND_LOOK_MS)
    if (gone.length > 0 && !this.#over.signal.aborted) await this.database.rows('select midwatch.reap($1)', [gone])
    return Number(living)
  }

  /** A process that has nothing else to do may end meanwhile. */
  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { ref: false, signal: this.#over.signal }).catch(() => undefined)
  }
}
