import { Stop } from './stop.js'

/** An attempt, or a begin that was not answered yet. */
interface Held {
  readonly step: string
  readonly stop: Stop
}

/** Attempts that an activation asked for and has not settled, each with the way to abort it. */
export class Attempts {
  readonly #open = new Map<number, Held>()
  readonly #asked = new Map<Stop, Held>()
  /** Told when one is settled or in doubt: its worker lived through it. */
  onClosed: () => void = () => undefined
  #resting: { readonly steps: ReadonlySet<string>; readonly go: () => void }[] = []

  /** Attempts under way. */
  get size(): number {
    return this.#open.size
  }

  /** True when nothing is under way and no begin waits for its answer. */
  get idle(): boolean {
    return this.#open.size === 0 && this.#asked.size === 0
  }

  /** A begin is on its way to the ledger: from here on it can be aborted, for it may be granted already. */
  ask(step: string): Stop {
    const stop = new Stop()
    this.#asked.set(stop, { step, stop })
    return stop
  }

  refused(stop: Stop): void {
    this.#asked.delete(stop)
    this.#rested()
  }

  granted(stop: Stop, seq: number): void {
    const held = this.#asked.get(stop)
    this.#asked.delete(stop)
    if (held) this.#open.set(seq, held)
  }

  has(seq: number): boolean {
    return this.#open.has(seq)
  }

  close(seq: number): void {
    if (this.#open.delete(seq)) this.onClosed()
    this.#rested()
  }

  /** Aborts what is under way, and what is granted but not heard of yet; each attempt settles itself. */
  abortAll(why: string): void {
    for (const { stop } of this.#all()) stop.abort(new DOMException(why, 'AbortError'))
  }

  /** Aborts the attempts of some steps; resolves once each of them is settled or in doubt. */
  abort(steps: ReadonlySet<string>, why: string): Promise<void> {
    for (const { step, stop } of this.#all()) if (steps.has(step)) stop.abort(new DOMException(why, 'AbortError'))
    return new Promise((go) => {
      this.#resting.push({ steps, go })
      this.#rested()
    })
  }

  #all(): Held[] {
    return [...this.#open.values(), ...this.#asked.values()]
  }

  #rested(): void {
    if (this.#resting.length === 0) return
    const all = this.#all()
    const over = this.#resting.filter(({ steps }) => !all.some(({ step }) => steps.has(step)))
    this.#resting = this.#resting.filter((one) => !over.includes(one))
    for (const { go } of over) go()
  }
}
