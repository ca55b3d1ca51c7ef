import type { AdmissionsHearer } from '../ledger/admissions.js'

/** A wake that did not come within this was lost. */
const COMES_WITHIN_MS = 250

/**
 * Wakes that this process itself is about to cause. It looks for due runs as soon as it has the answer, so that its own wake need
 * not make it look again. Which wake is whose cannot be told; that is no harm: as many as it caused are passed over, and each time
 * it looks after one of them.
 */
export class OwnWakes implements AdmissionsHearer {
  /** Since when each is awaited, the oldest first, by queue. */
  readonly #awaited = new Map<string, number[]>()

  constructor(private readonly nowMs: () => number) {}

  sent(queue: string): void {
    this.#of(queue).push(this.nowMs())
  }

  withdrawn(queue: string): void {
    this.#of(queue).pop()
  }

  /** True for a wake that may be passed over. */
  passes(queue: string): boolean {
    return this.#of(queue).shift() !== undefined
  }

  #of(queue: string): number[] {
    const since = this.nowMs() - COMES_WITHIN_MS
    const awaited = (this.#awaited.get(queue) ?? []).filter((at) => at > since)
    this.#awaited.set(queue, awaited)
    return awaited
  }
}
