import type { RunFacts, TotalFacts, WorldFacts } from './facts.js'

export const INVARIANT_IDS = ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8', 'I9', 'I10'] as const
export type InvariantId = (typeof INVARIANT_IDS)[number]

/** One thing that is not as it must be, for a person to read. */
export interface Violation {
  readonly invariant: InvariantId
  readonly runId?: string
  readonly seq?: number
  /** A sentence. */
  readonly what: string
  /** What the sentence rests on. */
  readonly numbers: Readonly<Record<string, number>>
}

/** Tells of a violation of the invariant at hand. */
export type Tell = (what: string, at?: { runId?: string; seq?: number; numbers?: Record<string, number> }) => void

/**
 * One pass over a ledger for one invariant. `run` sees each run once, in any order, and may keep sums; the world is at
 * least as new as the run. `totals` is asked once at the end, and only when every run was seen.
 */
export interface Inspection {
  run(facts: RunFacts, world: WorldFacts): void
  /** In place of `run` for one whose journal was pruned: all that is left is its row, with its proof. */
  pruned?(facts: RunFacts): void
  totals?(facts: TotalFacts): void
  /** In place of `totals` when one run was read alone. */
  alone?(facts: { readonly hasChildren: boolean }): void
}

/** A promise that a ledger's content alone can prove broken. Pure: it reads what it is given. */
export interface Invariant {
  readonly id: InvariantId
  readonly name: string
  readonly promise: string
  inspect(tell: Tell): Inspection
}
