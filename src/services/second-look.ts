import { LIMITS } from '../core/limits.js'
import type { Engine } from '../orchestrator/engine.js'
import type { Stretch } from '../orchestrator/stretch-end.js'

export interface SecondLookOptions {
  readonly engine: Pick<Engine, 'ledger' | 'clock' | 'gate'>
  readonly workerId: () => number
  /** Whether this process knows that its own code does not fit the run. */
  readonly isMisfit: (runId: string) => boolean
  /** Takes a misfit and works it; null when another has it, or it is none any more. */
  readonly takeUp: (runId: string) => Promise<Stretch | null>
  readonly alarm: (what: string) => void
}

/** Runs that are tried side by side. */
const AT_ONCE = 8

/**
 * Takes up runs that other code left parked because it did not fit them, each once in a process: perhaps this one's fits. So
 * a run goes on by itself when the code that it needs comes back, or was there all the time. Asked for by each heartbeat that
 * hears of such runs.
 */
export class SecondLook {
  #after = ''
  #lookedAt = Number.NEGATIVE_INFINITY
  #looking = false

  constructor(private readonly options: SecondLookOptions) {}

  /** Looks at a page of them, unless it has just looked. */
  async look(): Promise<void> {
    const { engine, workerId, isMisfit, alarm } = this.options
    const { ledger, clock } = engine
    if (this.#looking || clock.monotonic() - this.#lookedAt < LIMITS.second_look_ms) return
    this.#looking = true
    const limit = LIMITS.second_look_runs
    try {
      const found = await ledger.misfits({ workerId: workerId(), after: this.#after, limit })
      this.#after = found.length < limit ? '' : (found.at(-1) ?? '')
      await this.#tryAll(found.filter((runId) => !isMisfit(runId)))
    } catch (error) {
      alarm(`Misfits were not looked at: ${error instanceof Error ? error.message : String(error)}`)
    }
    this.#lookedAt = clock.monotonic()
    this.#looking = false
  }

  async #tryAll(runIds: readonly string[]): Promise<void> {
    const { engine, takeUp } = this.options
    const under = new Set<Promise<unknown>>()
    for (const runId of runIds) {
      if (!engine.gate.isOpen) return
      const work: Promise<unknown> = takeUp(runId).finally(() => under.delete(work))
      // What fails is told by whoever waits for it last.
      work.catch(() => undefined)
      under.add(work)
      if (under.size >= AT_ONCE) await Promise.race(under)
    }
    await Promise.all(under)
  }
}
