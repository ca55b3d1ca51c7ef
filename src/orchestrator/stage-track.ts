type Sums = Readonly<Record<string, number>>

/** What a note about a move says. */
export interface MoveDetail {
  readonly from: string
  readonly to: string
  /** The run's own meters at the move, what runs below it spent included; those alone that stages have ceilings for. */
  readonly used: Sums
}

/** Where a run is among its agent's stages, and what it had used when it came there. */
export class StageTrack {
  /** null: the first. */
  name: string | null = null
  moves = 0
  /** What had been used when the present visit began. */
  #before: Sums = {}
  /** By stage: what earlier visits used, all of them together. */
  readonly #visited = new Map<string | null, Sums>()

  /** The run left its stage for another. */
  enter({ from, to, used }: MoveDetail): void {
    const visited = this.#visited.get(from) ?? {}
    const spent = Object.entries(used).map(([meter, n]) => [
      meter,
      (visited[meter] ?? 0) + n - (this.#before[meter] ?? 0),
    ])
    this.#visited.set(from, Object.fromEntries(spent))
    this.#before = used
    this.name = to
    this.moves += 1
  }

  /** What a meter stood at when this stage was entered, less what earlier visits to it had used. */
  base(meter: string): number {
    return (this.#before[meter] ?? 0) - (this.#visited.get(this.name)?.[meter] ?? 0)
  }
}
