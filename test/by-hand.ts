import type { Ledger } from '../src/core/ledger.js'
import type { Outcome } from '../src/core/states.js'
import { memoryLedger } from '../src/ledger/memory/ledger.js'
import { assemble, type Midwatch, type MidwatchOptions, type Ports } from '../src/runtime.js'
import { type ManualClock, manualClock } from '../src/testing/manual-clock.js'
import type { Anything } from './replay.js'

/** A ledger and its runtimes under a clock that goes on only when the test says so. */
export class ByHand {
  readonly clock: ManualClock = manualClock()
  readonly alarms: string[] = []
  readonly ledger: Ledger
  readonly #made: Midwatch[] = []

  /** `wrap` stands between the runtimes and the ledger. */
  constructor(private readonly wrap: (ledger: Ledger) => Ledger = (ledger) => ledger) {
    this.ledger = memoryLedger({ clock: this.clock })
  }

  async runtime(
    agents: Anything[],
    ports: Ports = {},
    lease: '4d' | '1s' = '4d',
    concurrency = 64,
    claims = true,
    more: Partial<MidwatchOptions> = {},
  ): Promise<Midwatch> {
    const worker = { lease, concurrency, claims }
    const options = { run: agents, worker, alarm: (what: string) => void this.alarms.push(what), ...more }
    const mw = await assemble(options, { clock: this.clock, ledger: this.wrap(this.ledger), ...ports })
    this.#made.push(mw)
    return mw
  }

  /** Goes on in steps until something is so; throws with what `stuck` tells when it is not within `steps`. */
  async until(isSo: () => Promise<boolean> | boolean, stepMs = 50, steps = 2_000): Promise<void> {
    for (let n = 0; n < steps; n += 1) {
      if (await isSo()) return
      await this.clock.advance(stepMs)
      for (let turns = 0; turns < 6; turns += 1) await new Promise((done) => setImmediate(done))
    }
    const runs = await this.ledger.runs({ limit: 5 })
    throw new Error(`It never was so: ${JSON.stringify(runs)} ${this.alarms.slice(-3).join()}`)
  }

  /** Lets a long time be over at once, for the ledger and its workers alike; nobody's sleep notices. */
  skip(ms: number): void {
    this.clock.setWall(this.clock.now() + ms)
  }

  async outcome<O>(mw: Midwatch, runId: string, stepMs = 50): Promise<Outcome<O>> {
    let outcome: Outcome<O> | undefined
    void mw
      .run<O>(runId)
      .outcome()
      .then((found) => {
        outcome = found
      })
    await this.until(() => outcome !== undefined, stepMs)
    return outcome as Outcome<O>
  }

  /** What somebody waits for, while time goes on. */
  async during<T>(waited: Promise<T>, stepMs = 50): Promise<T> {
    let isOver = false
    void waited.finally(() => {
      isOver = true
    })
    await this.until(() => isOver, stepMs)
    return waited
  }

  /** The first open question, by what is asked. */
  async question(runId: string, stepMs = 50): Promise<string> {
    let id: string | undefined
    await this.until(async () => {
      id = (await this.ledger.escalations({ state: 'open', runId }))[0]?.id
      return id !== undefined
    }, stepMs)
    return id ?? ''
  }

  async stop(): Promise<void> {
    let left = this.#made.length
    for (const mw of this.#made.splice(0)) {
      void mw.stop().then(() => {
        left -= 1
      })
    }
    await this.until(() => left === 0)
  }
}
