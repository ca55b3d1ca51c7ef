import type { Ledger } from '../../core/ledger.js'
import { LIMITS } from '../../core/limits.js'
import type { Observers } from '../../core/observers.js'
import type { Clock } from '../../core/time.js'
import type { CheckedWire } from '../../govern/drift/tripwire.js'
import type { Definition } from '../../orchestrator/definition.js'
import type { Service } from '../service.js'
import { foldSome } from './folding.js'
import { Judge } from './judge.js'

export interface DriftKeeperOptions {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly observers: Observers
  /** Tripwires by agent; an agent without any is here with none. */
  readonly wires: ReadonlyMap<string, readonly CheckedWire[]>
  readonly alarm: (what: string) => void
}

/**
 * Folds what runs came to into series, a few ended runs at a time, and looks at tripwires whenever something was folded. Any number
 * of workers may do it at once: the ledger counts each run once, and lets each tripwire trip once. What came while none was there
 * is folded by the first that comes.
 */
export class DriftKeeper implements Service {
  readonly #stop = new AbortController()
  readonly #judge: Judge
  #loop: Promise<void> = Promise.resolve()

  constructor(private readonly options: DriftKeeperOptions) {
    this.#judge = new Judge(options)
  }

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
      const since = clock.monotonic()
      const isAll = await this.#look()
      const rested = (LIMITS.drift_share - 1) * (clock.monotonic() - since)
      const pauseMs = Math.min(LIMITS.drift_look_ms, Math.max(LIMITS.drift_pause_ms, rested))
      await clock.sleep(isAll ? LIMITS.drift_look_ms : pauseMs, this.#stop.signal)
    }
  }

  /** True when there is nothing more to fold now. */
  async #look(): Promise<boolean> {
    const { ledger, alarm } = this.options
    try {
      const { code, runs, agents } = await foldSome(ledger, LIMITS.drift_batch)
      const isAll = code === 'moved' || runs < LIMITS.drift_batch
      await this.#judge.look(agents, isAll)
      return isAll
    } catch (error) {
      alarm(`Series wait: ${error instanceof Error ? error.message : String(error)}`)
      return true
    }
  }
}

/** Tripwires by agent: what the newest version says stands, as with schedules. */
export function wiresOf(definitions: Iterable<Definition>): Map<string, readonly CheckedWire[]> {
  const newest = new Map<string, Definition>()
  for (const one of definitions) {
    if (one.version >= (newest.get(one.name)?.version ?? 0)) newest.set(one.name, one)
  }
  return new Map([...newest.values()].map(({ name, tripwires }) => [name, tripwires]))
}
