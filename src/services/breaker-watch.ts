import type { BreakerRow, Tallied } from '../core/breakers.js'
import { LIMITS } from '../core/limits.js'
import { decideBreaker } from '../govern/breaker.js'
import { Containment } from '../orchestrator/containment.js'
import type { Engine } from '../orchestrator/engine.js'
import type { Service } from './service.js'

export interface BreakerWatchOptions {
  readonly engine: Engine
  readonly workerId: () => number
  readonly alarm: (what: string) => void
}

/**
 * Tells the fleet each second what this worker's calls came to, in one statement and only when there were any, and opens and
 * closes breakers by what all of them told. Whoever is first moves one; the others find that it was moved.
 */
export class BreakerWatch implements Service {
  #stop = new AbortController()
  #loop: Promise<void> = Promise.resolve()

  constructor(private readonly options: BreakerWatchOptions) {}

  start(): Promise<void> {
    this.#loop = this.#run()
    return Promise.resolve()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    this.options.engine.containment.stopWaiting()
    await this.#loop
  }

  async #run(): Promise<void> {
    const { clock, containment } = this.options.engine
    while (!this.#stop.signal.aborted) {
      await containment.news()
      await clock.sleep(LIMITS.tally_ms, this.#stop.signal)
      if (!this.#stop.signal.aborted) await this.look()
    }
  }

  /** Tells what is new, and decides. Calls go on without it: then breakers open later. */
  async look(): Promise<void> {
    const { engine, workerId, alarm } = this.options
    const { containment } = engine
    const told = containment.told()
    if (told === null) return
    try {
      const id = workerId()
      const withinMs = containment.policy.windowMostMs + LIMITS.probe_told_ms
      const { at, others, rows } = await engine.ledger.breakers.tell({ workerId: id, told, withinMs })
      containment.heard(others)
      const all = [told, ...others]
      for (const key of Containment.keys(all)) await this.#decide(key, rows, all, at)
    } catch (error) {
      containment.untold()
      alarm(`Breakers were not looked at: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  async #decide(key: string, rows: readonly BreakerRow[], all: readonly Tallied[], at: number): Promise<void> {
    const { ledger, containment, observers } = this.options.engine
    const policy = containment.policy.breaker(key)
    if (policy === null) return
    const row = rows.find((one) => one.key === key)
    const decision = decideBreaker(key, row, all, policy, at)
    if (decision === null) return
    const { code } = await ledger.breakers.move({
      key,
      revision: row?.revision ?? 0,
      probesMost: policy.probes,
      ...decision,
    })
    if (code !== 'ok') return
    const { to, reason, coolDownMs } = decision
    observers.tell({ kind: 'breaker.moved', key, was: row?.state ?? 'closed', state: to, reason, coolDownMs })
  }
}
