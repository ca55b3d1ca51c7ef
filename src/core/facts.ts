import type { EntryFacts, StampedCharge } from './entries.js'

/** Charges in columns, as a ledger may write them: a column that is left out holds the same for all. */
interface ChargeColumns {
  readonly scope?: readonly string[]
  readonly meter?: readonly string[]
  readonly kind?: readonly StampedCharge['kind'][]
  readonly per?: readonly StampedCharge['per'][]
  readonly amount?: readonly number[]
  readonly limit?: readonly (number | null)[]
  readonly window?: readonly number[]
  readonly usedAfter?: readonly number[]
  readonly reservedAfter?: readonly number[]
}

/** The facts of an entry, of the text that was stored and hashed. Throws a SyntaxError when it is no JSON. */
export function factsOf(factsText: string): EntryFacts {
  const facts = JSON.parse(factsText)
  const { charges } = facts
  return charges && !Array.isArray(charges) ? { ...facts, charges: chargesOf(charges) } : facts
}

function chargesOf(columns: ChargeColumns): StampedCharge[] {
  const { meter = [], amount = [], usedAfter = [], reservedAfter = [] } = columns
  return meter.map((name, i) => {
    const scope = columns.scope?.[i] ?? ''
    return {
      at: scope === '' ? 'run' : scope.startsWith('run:') ? 'above' : 'shared',
      scope,
      meter: name,
      kind: columns.kind?.[i] ?? 'sum',
      per: columns.per?.[i] ?? 'total',
      amount: amount[i] ?? 0,
      limit: columns.limit?.[i] ?? null,
      window: columns.window?.[i] ?? -1,
      usedAfter: usedAfter[i] ?? 0,
      reservedAfter: reservedAfter[i] ?? 0,
    }
  })
}
