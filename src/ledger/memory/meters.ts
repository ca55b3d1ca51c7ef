import type { StampedCharge } from '../../core/entries.js'
import type { Charge, Window } from '../../core/meters.js'
import { windowEnd, windowStart } from '../../core/meters.js'
import type { CeilingRow, MeterRow } from '../../core/operated.js'
import type { Answer } from '../../core/ops.js'
import type { EpochMs } from '../../core/time.js'

/** One meter row: what was used for good, and what open begins set aside. */
export interface Gauge {
  used: number
  reserved: number
}

/** A charge with the row and window that the ledger picked for it. */
export interface Placed {
  readonly charge: Charge
  readonly gauge: Gauge
  readonly window: EpochMs
}

interface SharedGauge extends Gauge {
  readonly scope: string
  readonly meter: string
  readonly per: Window
  readonly window: EpochMs
}

/** NUL separates names, for it stands in none. */
const nameOf = (scope: string, meter: string, per: Window) => `${scope}\u0000${meter}\u0000${per}`

/** Shared meters and the ceilings that operators put on them. A row appears when a begin first asks for it. */
export class Meters {
  private readonly rows = new Map<string, SharedGauge>()
  private readonly limits = new Map<string, CeilingRow>()

  /** The row that a charge falls into; made when it is first looked for, so that two charges find the same one. */
  shared({ scope, meter, per }: Pick<Charge, 'scope' | 'meter' | 'per'>, window: EpochMs): Gauge {
    const name = `${nameOf(scope, meter, per)}\u0000${window}`
    let row = this.rows.get(name)
    if (!row) {
      row = { scope, meter, per, window, used: 0, reserved: 0 }
      this.rows.set(name, row)
    }
    return row
  }

  /** The least of the charge's own limit and the operator's; runs' own meters know no operator. */
  limitOf(charge: Charge): number | null {
    if (charge.at !== 'shared') return charge.limit
    const set = this.limits.get(nameOf(charge.scope, charge.meter, charge.per))?.limit
    if (set === undefined) return charge.limit
    return charge.limit === null ? set : Math.min(set, charge.limit)
  }

  /** `null` takes the ceiling away. */
  setCeiling(p: Omit<CeilingRow, 'limit'> & { readonly limit: number | null }): void {
    const { limit } = p
    const name = nameOf(p.scope, p.meter, p.per)
    if (limit === null) this.limits.delete(name)
    else this.limits.set(name, { ...p, limit })
  }

  ceilings(): CeilingRow[] {
    return [...this.limits.values()]
  }

  list(scope?: string): MeterRow[] {
    return [...this.rows.values()]
      .filter((row) => scope === undefined || row.scope === scope)
      .map((row) => ({ ...row }))
  }
}

/** What `freed` gives back counts as room; what the same begin charged before on the same row does not. */
export function roomFor(
  placed: Placed,
  limit: number | null,
  earlier: readonly Placed[],
  freed: number,
  now: EpochMs,
): Answer['meter'] | null {
  const { charge, gauge } = placed
  if (limit === null) return null
  let reserved = gauge.reserved - freed
  for (const other of earlier) {
    if (other.gauge === gauge && other.charge.kind !== 'peak') reserved += other.charge.amount
  }
  const { scope, meter, per, amount } = charge
  const room = charge.kind === 'peak' ? amount <= limit : gauge.used + reserved + amount <= limit
  if (room) return null
  return { scope, meter, per, used: gauge.used, reserved, amount, limit, opensAt: windowEnd(per, now) }
}

/** Start of the window that a charge falls into now. */
export function placeOf(charge: Charge, now: EpochMs): EpochMs {
  return windowStart(charge.per, now)
}

/** Sets the worst case aside and stamps the charge. A peak reserves nothing. */
export function reserve(placed: Placed): StampedCharge {
  const { charge, gauge, window } = placed
  if (charge.kind !== 'peak') gauge.reserved += charge.amount
  const { at, scope, meter, kind, per, amount, limit } = charge
  const { used: usedAfter, reserved: reservedAfter } = gauge
  return { at, scope, meter, kind, per, amount, limit, window, usedAfter, reservedAfter }
}

/** Gives a reservation back unused. */
export function giveBack(stamped: StampedCharge, gauge: Gauge): void {
  if (stamped.kind !== 'peak') gauge.reserved -= stamped.amount
}

/** Settles one charge in the row that granted it; unknown use counts as the reservation. Answers what was counted. */
export function settleCharge(stamped: StampedCharge, gauge: Gauge, used: number | null | undefined): number {
  giveBack(stamped, gauge)
  if (stamped.kind === 'level') return 0
  const value = used ?? stamped.amount
  if (stamped.kind === 'sum') gauge.used += value
  else gauge.used = Math.max(gauge.used, value)
  return value
}
