/** A branch of a race with all that branches off from it. Once it is dropped its calls never resolve. */
export class Strand {
  /** Steps that it asked for, by identity. */
  readonly steps = new Set<string>()
  #dropped = false

  constructor(private readonly within: Strand | null) {}

  get dropped(): boolean {
    return this.#dropped || (this.within?.dropped ?? false)
  }

  asks(step: string): void {
    this.steps.add(step)
    this.within?.asks(step)
  }

  drop(): void {
    this.#dropped = true
  }
}
