import type { NewEscalation } from '../core/ops.js'
import type { Clock } from '../core/time.js'
import type { LedgerTime } from './ledger-time.js'

export interface Wait {
  /** When to look again, by the ledger's clock; null: when mail comes. */
  readonly until: number | null
  readonly waits: string
  /** The step that waits. */
  readonly step: string
  /** While sisters are at work no mail wakes the run: so often it looks, in this process alone. A park knows nothing of it. */
  readonly lookMs?: number
  readonly escalation?: NewEscalation
}

interface Waiter extends Wait {
  readonly go: () => void
  readonly stopTimer: () => void
}

/** What all waiters together wait for: one park stands for them. */
export interface Standstill {
  readonly dueAt: number | null
  readonly waits: string
  readonly escalations: NewEscalation[]
}

/** Branches of a run that wait for a time, for mail, or for the next claim. */
export class Waiting {
  readonly #waiters = new Set<Waiter>()
  #frozen = false

  constructor(
    private readonly ports: { readonly clock: Clock; readonly time: LedgerTime },
    private readonly woken: () => void,
  ) {}

  get size(): number {
    return this.#waiters.size
  }

  add(wait: Wait): Promise<void> {
    const { clock, time } = this.ports
    return new Promise((resolve) => {
      const ring = () => {
        if (!this.#frozen) this.#fire(waiter)
      }
      const untilMs = wait.until === null ? Number.POSITIVE_INFINITY : Math.max(0, wait.until - time.now())
      const ms = Math.min(untilMs, wait.lookMs ?? Number.POSITIVE_INFINITY)
      const stopTimer = ms === Number.POSITIVE_INFINITY ? () => undefined : clock.timer(ms, ring)
      const waiter: Waiter = { ...wait, stopTimer, go: resolve }
      this.#waiters.add(waiter)
    })
  }

  /** The run parks: its timers are the ledger's now. */
  freeze(): void {
    this.#frozen = true
    for (const waiter of this.#waiters) waiter.stopTimer()
  }

  /** The run was taken up again: everyone looks at what there is. */
  thaw(): void {
    this.#frozen = false
    for (const waiter of [...this.#waiters]) this.#fire(waiter)
  }

  /** There is news: everyone looks, unless a park is on its way, after which they will. */
  wakeAll(): void {
    if (!this.#frozen) this.thaw()
  }

  /** Of these steps nobody waits any longer. */
  wake(steps: ReadonlySet<string>): void {
    for (const waiter of [...this.#waiters]) if (steps.has(waiter.step)) this.#fire(waiter)
  }

  standstill(): Standstill {
    const all = [...this.#waiters]
    const untils = all.flatMap((w) => (w.until === null ? [] : [w.until]))
    return {
      dueAt: untils.length === 0 ? null : Math.min(...untils),
      waits: all.map((w) => w.waits).join(', '),
      escalations: all.flatMap((w) => (w.escalation ? [w.escalation] : [])),
    }
  }

  #fire(waiter: Waiter): void {
    if (!this.#waiters.delete(waiter)) return
    waiter.stopTimer()
    this.woken()
    waiter.go()
  }
}
