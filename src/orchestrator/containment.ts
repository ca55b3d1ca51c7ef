import type { Slot, Tallied } from '../core/breakers.js'
import type { EpochMs } from '../core/time.js'
import { type Tally, tallyOf } from '../govern/breaker.js'
import type { CallVerdict } from '../govern/call-verdict.js'
import type { ContainmentPolicy } from '../govern/containment.js'
import { retriesAllowed } from '../govern/retry-budget.js'

/** Parts of a window that calls are counted by. */
const SLOTS = 10

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Keys of breakers. */
export const breakerOf = {
  tool: (name: string) => `tool:${name}`,
  model: (name: string) => `model:${name}`,
}

/** Retries that the fleet has used up under a key. */
export interface UsedUp {
  readonly calls: number
  readonly retries: number
  readonly allowed: number
}

/**
 * What the calls of this worker come to, in windows of its own, and what those of the others came to as last heard. Nothing of
 * it is needed for safety: whether a breaker lets a call through is the ledger's to say.
 */
export class Containment {
  readonly #slots = new Map<string, Mutable<Slot>[]>()
  readonly #probes = new Map<string, { revision: number; passed: number; failed: number }>()
  #others: readonly Tallied[] = []
  #isNew = false
  #heard: () => void = () => undefined

  constructor(
    readonly policy: ContainmentPolicy,
    private readonly now: () => EpochMs,
  ) {}

  /** The breaker that a begin names; undefined where none is kept. */
  breaker(key: string): string | undefined {
    return this.policy.breaker(key) === null ? undefined : key
  }

  /** Whether an endpoint that says "too many" counts as one that fails. */
  countsRateLimits(key: string): boolean {
    return this.policy.breaker(key)?.rateLimits ?? true
  }

  /** An attempt is over; `probe`: the round of its breaker that it was one of. */
  over(key: string, verdict: CallVerdict, probe?: number): void {
    if (verdict === null) return
    const slot = this.#slot(key)
    slot.calls += 1
    if (verdict === 'failed') slot.failures += 1
    if (probe === undefined) return
    const known = this.#probes.get(key)
    const round = known?.revision === probe ? known : { revision: probe, passed: 0, failed: 0 }
    round[verdict] += 1
    this.#probes.set(key, round)
  }

  /** Takes one of the retries that are left, for an attempt behind the first of its step; what stands in its way, or null. */
  takeRetry(key: string): UsedUp | null {
    const usedUp = this.#usedUp(key)
    if (usedUp === null) this.#slot(key).retries += 1
    return usedUp
  }

  /** The attempt that it was taken for was not granted. */
  giveRetryBack(key: string): void {
    const slot = this.#slot(key)
    slot.retries = Math.max(0, slot.retries - 1)
  }

  #usedUp(key: string): UsedUp | null {
    const { budget, windowMs } = this.policy
    if (budget === null) return null
    const tally = this.#fleet(key, this.now() - windowMs(key))
    const allowed = retriesAllowed(tally, budget)
    return tally.retries < allowed ? null : { calls: tally.calls, retries: tally.retries, allowed }
  }

  /** Resolves once something is new, or nobody is to wait for it any longer. */
  news(): Promise<void> {
    if (this.#isNew) return Promise.resolve()
    return new Promise((resolve) => {
      this.#heard = resolve
    })
  }

  stopWaiting(): void {
    this.#heard()
  }

  /** What is to be told, once something is new. */
  told(): Tallied | null {
    if (!this.#isNew) return null
    this.#isNew = false
    this.#forget()
    return this.#own()
  }

  /** It could not be told: it still is new. */
  untold(): void {
    this.#isNew = true
  }

  heard(others: readonly Tallied[]): void {
    this.#others = others
  }

  /** Keys that anybody told of lately. */
  static keys(all: readonly Tallied[]): Set<string> {
    return new Set(all.flatMap(({ slots }) => Object.keys(slots)))
  }

  #own(): Tallied {
    return { slots: Object.fromEntries(this.#slots), probes: Object.fromEntries(this.#probes) }
  }

  /** The others as last heard, and this worker as it is now. */
  #fleet(key: string, since: EpochMs): Tally {
    return tallyOf([...this.#others, this.#own()], key, since)
  }

  #slot(key: string): Mutable<Slot> {
    this.#isNew = true
    this.#heard()
    const slotMs = Math.max(1, Math.floor(this.policy.windowMs(key) / SLOTS))
    const at = Math.floor(this.now() / slotMs) * slotMs
    const slots = this.#slots.get(key) ?? []
    this.#slots.set(key, slots)
    const last = slots.at(-1)
    // A clock that steps back counts where it was.
    if (last !== undefined && last.at >= at) return last
    const slot = { at, calls: 0, failures: 0, retries: 0 }
    slots.push(slot)
    if (slots.length > SLOTS + 1) slots.shift()
    return slot
  }

  /** What is behind its window is of no use to anybody. */
  #forget(): void {
    for (const [key, slots] of this.#slots) {
      const since = this.now() - this.policy.windowMs(key) * 2
      const kept = slots.filter(({ at }) => at >= since)
      if (kept.length > 0) this.#slots.set(key, kept)
      else this.#slots.delete(key)
    }
  }
}
