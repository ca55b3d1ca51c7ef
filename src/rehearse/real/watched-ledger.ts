import type { Ledger } from '../../core/ledger.js'
import { KEY_SECRET } from '../sim/ground.js'

/** The ledger as the people and operators of a case use it, and how many of their calls are under way. */
export class WatchedLedger {
  readonly ledger: Ledger
  #underWay = 0

  constructor(ledger: Ledger) {
    const watched = Object.entries(ledger).map(([name, verb]) => [
      name,
      typeof verb === 'function' ? this.#while(verb) : verb,
    ])
    // Effect keys are made with the secret that the judging of acts knows.
    this.ledger = { ...(Object.fromEntries(watched) as Ledger), secret: async () => KEY_SECRET }
  }

  get busy(): boolean {
    return this.#underWay > 0
  }

  #while(verb: (...args: unknown[]) => Promise<unknown>) {
    return async (...args: unknown[]) => {
      this.#underWay += 1
      try {
        return await verb(...args)
      } finally {
        this.#underWay -= 1
      }
    }
  }
}
