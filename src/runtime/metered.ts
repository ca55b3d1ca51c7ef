import type { Ledger } from '../core/ledger.js'
import { type Window, windowStart } from '../core/meters.js'
import type { CeilingRow, MeterRow } from '../core/operated.js'
import type { EpochMs } from '../core/time.js'

/** A shared meter in its present window, with the operators' ceiling on it. */
export type Metered = MeterRow & { readonly limit: number | null }

/** Every shared meter that moved in its present window, and every ceiling, moved or not; of one scope where it is named. */
export async function meteredNow(ledger: Ledger, scope?: string): Promise<{ now: EpochMs; meters: Metered[] }> {
  const [rows, ceilings, now] = [
    await ledger.meters(scope === undefined ? {} : { scope }),
    await ledger.ceilings(),
    await ledger.now(),
  ]
  const present = rows.filter((row) => row.scope !== '' && row.window === windowStart(row.per, now))
  const wanted = ceilings.filter((one) => scope === undefined || one.scope === scope)
  return { now, meters: merged(present, wanted, now) }
}

type Named = { readonly scope: string; readonly meter: string; readonly per: Window }
const same = (a: Named) => (b: Named) => a.scope === b.scope && a.meter === b.meter && a.per === b.per

function merged(rows: readonly MeterRow[], ceilings: readonly CeilingRow[], now: EpochMs): Metered[] {
  const moved = rows.map((row): Metered => ({ ...row, limit: ceilings.find(same(row))?.limit ?? null }))
  const still = ceilings
    .filter((one) => !rows.some(same(one)))
    .map(({ scope, meter, per, limit }): Metered => {
      return { scope, meter, per, window: windowStart(per, now), used: 0, reserved: 0, limit }
    })
  return [...moved, ...still].sort((a, b) => (`${a.scope} ${a.meter}` < `${b.scope} ${b.meter}` ? -1 : 1))
}
