import type { FaultRates } from '../fault.js'
import type { Case } from './case.js'
import type { How, Played } from './played.js'

/** What a player process is started with, as JSON on its command line. */
export interface PlayerOrder {
  /** Absolute paths of files that export scenarios. */
  readonly files: readonly string[]
  /** URL of the module whose `play` plays, and whose `playNaive` does where the naive twin is asked for. */
  readonly plays: string
  readonly naive: boolean
  readonly rates?: FaultRates
}

export interface ToPlayer {
  readonly kind: 'play'
  readonly cases: readonly Case[]
  readonly how: How
}

export type FromPlayer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unloadable'; readonly message: string }
  /** It is about to play this case of the chunk. */
  | { readonly kind: 'at'; readonly at: number }
  | { readonly kind: 'played'; readonly played: Played }
  /** What is wrong with the scenario itself. */
  | { readonly kind: 'unplayable'; readonly message: string }
