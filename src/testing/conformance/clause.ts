import type { Scene } from './scene.js'

/** One clause of the ledger's contract, played on a scene; it throws when the ledger does not keep it. */
export interface Clause {
  readonly name: string
  play(scene: Scene): Promise<void>
}

export function clause(name: string, play: (scene: Scene) => Promise<void>): Clause {
  return { name, play }
}

/** The clauses about one noun. */
export interface Chapter {
  readonly noun: string
  readonly clauses: readonly Clause[]
}
