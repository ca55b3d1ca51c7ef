/** Counts steps while a pass is measured. */
export class Tally {
  #stepMs: number[] = []
  #over = false

  /** True when lanes shall start nothing more. */
  get over(): boolean {
    return this.#over
  }

  /** A step is done; how long it took. */
  step(ms: number): void {
    this.#stepMs.push(ms)
  }

  /** Forgets the warm-up. */
  begin(): void {
    this.#stepMs = []
  }

  /** How long each step took that was counted since the beginning. */
  take(): number[] {
    return this.#stepMs.splice(0)
  }

  end(): void {
    this.#over = true
  }
}
