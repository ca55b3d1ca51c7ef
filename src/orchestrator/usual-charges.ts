import type { Charge } from '../core/meters.js'
import type { CeilingRow } from '../core/operated.js'

/** What the charges of a first attempt hang on, in one run, besides operators' ceilings. */
interface Asked {
  readonly name: string
  readonly lane: string | null
  readonly timeoutMs: number
  /** How often the run moved to another stage: each has ceilings of its own. */
  readonly moves: number
}

interface Known extends Asked {
  readonly ceilings: readonly CeilingRow[]
  readonly charges: readonly Charge[]
}

/** Charges of first attempts, by tool: one list for all steps that cost the same, until operators' ceilings are read anew. */
export class UsualCharges {
  readonly #known = new Map<string, Known>()

  of(asked: Asked, ceilings: readonly CeilingRow[], make: () => readonly Charge[]): readonly Charge[] {
    const { name, lane, timeoutMs, moves } = asked
    const known = this.#known.get(name)
    const isSame = known?.lane === lane && known.timeoutMs === timeoutMs && known.moves === moves
    if (isSame && known.ceilings === ceilings) return known.charges
    const charges = make()
    this.#known.set(name, { ...asked, ceilings, charges })
    return charges
  }
}
