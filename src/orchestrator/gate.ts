const OPEN = Promise.resolve()

/** Lets begins through, or holds them back. A worker that must not begin anything closes it. */
export class Gate {
  readonly #reasons = new Set<string>()
  #waiting: (() => void)[] = []

  get isOpen(): boolean {
    return this.#reasons.size === 0
  }

  close(reason: string): void {
    this.#reasons.add(reason)
  }

  open(reason: string): void {
    this.#reasons.delete(reason)
    if (this.isOpen) for (const go of this.#waiting.splice(0)) go()
  }

  opened(): Promise<void> {
    return this.isOpen ? OPEN : new Promise((go) => this.#waiting.push(go))
  }
}
