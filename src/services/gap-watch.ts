import type { Ledger } from '../core/ledger.js'
import { LIMITS } from '../core/limits.js'
import type { Clock } from '../core/time.js'
import type { Service } from './service.js'

export interface GapWatchOptions {
  readonly ledger: Pick<Ledger, 'passGaps'>
  readonly clock: Clock
  readonly alarm: (what: string) => void
}

/** Sessions looked at in one go. */
const BATCH = 100

/**
 * Gives up numbers that sessions waited for long enough, so that what came after them is worked. Any number of workers may
 * do it at once: the ledger gives each session up once.
 */
export class GapWatch implements Service {
  readonly #stop = new AbortController()
  #loop: Promise<void> = Promise.resolve()

  constructor(private readonly options: GapWatchOptions) {}

  start(): Promise<void> {
    this.#loop = this.#run()
    return Promise.resolve()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#loop
  }

  async #run(): Promise<void> {
    const { clock } = this.options
    while (!this.#stop.signal.aborted) {
      const isAll = await this.#pass()
      if (isAll) await clock.sleep(LIMITS.gap_look_ms, this.#stop.signal)
    }
  }

  /** True when nothing more is to be given up now. */
  async #pass(): Promise<boolean> {
    const { ledger, alarm } = this.options
    try {
      return (await ledger.passGaps({ limit: BATCH })) < BATCH
    } catch (error) {
      alarm(`Gaps of sessions were not looked at: ${error instanceof Error ? error.message : String(error)}`)
      return true
    }
  }
}
