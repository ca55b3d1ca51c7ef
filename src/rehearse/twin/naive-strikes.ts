import type { Strike } from '../fault.js'
import { placeOf, siteOf } from '../site.js'

/** Sites of a governed run that its naive twin passes too. */
const SHARED: ReadonlySet<string> = new Set(['tool', 'model', 'message', 'person', 'moment'])

/**
 * The same strikes where the twin has the place. It has no ledger: a worker that dies or stands still at a boundary of one
 * does so before or after a call, whichever is nearer; what befalls the ledger itself befalls nobody.
 */
export function naiveStrikes(strikes: readonly Strike[]): Strike[] {
  return strikes.flatMap((strike): Strike[] => {
    const { site, nth } = siteOf(strike.place)
    if (SHARED.has(site.kind)) return [strike]
    if (strike.fault !== 'crash' && strike.fault !== 'stall') return []
    const after = /settle|after_effect|doubt/.test(site.name) || (site.kind === 'answer' && !/begin/.test(site.name))
    return [
      { fault: strike.fault, place: placeOf({ kind: 'point', name: after ? 'after_effect' : 'before_effect' }, nth) },
    ]
  })
}
