import { LIMITS } from '../core/limits.js'
import type { CeilingRow, SwitchRow } from '../core/operated.js'
import { runScopes, scopeOf } from '../core/scope.js'
import type { Activation } from '../orchestrator/activation.js'
import type { Engine } from '../orchestrator/engine.js'
import type { Service } from './service.js'

export interface SwitchWatchOptions {
  readonly engine: Engine
  readonly active: () => Iterable<Activation | null>
  /** Hands on what operators' ceilings are now. */
  readonly ceilings: (rows: readonly CeilingRow[]) => void
  readonly alarm: (what: string) => void
}

/**
 * Aborts what is under way in a switched scope. The promise that nothing new begins does not rest on this: the ledger
 * refuses it. Also makes runs due that wait under an `end` switch, in bounded batches.
 */
export class SwitchWatch implements Service {
  #stop = new AbortController()
  #loop: Promise<void> = Promise.resolve()
  #epoch = 0

  constructor(private readonly options: SwitchWatchOptions) {}

  start(): Promise<void> {
    this.#loop = this.#run()
    return Promise.resolve()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#loop
  }

  /** Looks at the switches now. */
  async look(): Promise<void> {
    const { engine, alarm } = this.options
    try {
      const all = await engine.ledger.switches()
      const newest = Math.max(0, ...all.map((s) => s.epoch))
      const engaged = all.filter((s) => s.engaged)
      if (newest > this.#epoch) this.#bite(engaged)
      this.#epoch = newest
      this.options.ceilings(await engine.ledger.ceilings())
      if (engaged.some((s) => s.mode === 'end')) await engine.ledger.sweepSwitched({ limit: 500 })
    } catch (error) {
      alarm(`Switches were not read: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  #bite(engaged: readonly SwitchRow[]): void {
    for (const run of this.options.active()) {
      if (run === null) continue
      const tools = run.journal.open().map((i) => scopeOf.tool(i.body.name ?? ''))
      const own = new Set(runScopes(run.run))
      const covering = engaged.filter((s) => own.has(s.scope))
      const [met] = covering
      if (met) this.options.engine.observers.tell({ kind: 'kill.met', run: run.run, ...metUnderWay(met) })
      const end = covering.find((s) => s.mode === 'end')
      if (end) void run.finish({ status: 'killed', scope: end.scope, by: end.by })
      else if (covering.length > 0 || engaged.some((s) => tools.includes(s.scope)))
        run.attempts.abortAll('A kill switch was engaged.')
    }
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.look()
      await this.options.engine.clock.sleep(LIMITS.poll_ms * 4, this.#stop.signal)
    }
  }
}

const metUnderWay = ({ scope, mode }: SwitchRow) => ({ scope, mode, where: 'under_way' as const })
