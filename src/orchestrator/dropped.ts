/** What the work on a dropped step ends with; nobody but the activation catches it. */
export const DROPPED = new Error('The branch of this step lost its race.')

/** Steps of branches that lost a race: they begin nothing more, and wait for nothing more. */
export class Dropped {
  readonly #steps = new Set<string>()

  add(steps: ReadonlySet<string>): void {
    for (const step of steps) this.#steps.add(step)
  }

  has(step: string): boolean {
    return this.#steps.has(step)
  }

  heed(step: string): void {
    if (this.#steps.has(step)) throw DROPPED
  }
}
