import type { Ledger } from '../../src/core/ledger.js'

/**
 * A ledger whose answer to a park is `ms` under way. Claims go on meanwhile (`overtake`: the run is claimed before its last
 * holder hears of the park) or come after it (`follow`: the wait may be over by then).
 */
export function slowToHearOfParks(ledger: Ledger, ms: number, claims: 'overtake' | 'follow'): Ledger {
  const underWay = new Set<Promise<void>>()
  return {
    ...ledger,
    apply: async (ops) => {
      const answers = await ledger.apply(ops)
      if (!ops.some((op) => op.kind === 'park')) return answers
      const late = new Promise<void>((later) => setTimeout(later, ms))
      underWay.add(late)
      await late
      underWay.delete(late)
      return answers
    },
    claim: async (p) => {
      if (claims === 'follow') await Promise.all(underWay)
      return ledger.claim(p)
    },
  }
}
