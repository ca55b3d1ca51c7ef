import type { BreakerMove, BreakerRow, BreakerState, Tallied } from '../../core/breakers.js'
import { BREAKER_MOVES } from '../../core/breakers.js'
import { LIMITS } from '../../core/limits.js'
import type { Answer } from '../../core/ops.js'
import type { EpochMs } from '../../core/time.js'

const PROBES_MOST = 3

/** How one is moved: what is left out stays as it is. */
interface Moving {
  readonly state: BreakerState
  readonly until: EpochMs | null
  readonly probes: number
  readonly by: string
  readonly reason: string | null
  readonly probesMost?: number
  readonly opened?: number
}

/** Circuit breakers, every move of them, and what workers told of their calls. */
export class BreakerTable {
  readonly rows = new Map<string, BreakerRow>()
  readonly moves: BreakerMove[] = []
  readonly tallies = new Map<number, { readonly at: EpochMs; readonly told: Tallied }>()

  stateOf(key: string): BreakerState {
    return this.rows.get(key)?.state ?? 'closed'
  }

  /** What stands in a begin's way; null where it would be let through. Nothing is changed. */
  barring(key: string, at: EpochMs): NonNullable<Answer['breaker']> | null {
    const row = this.rows.get(key)
    if (!row || row.state === 'closed') return null
    const { state, until, probes } = row
    const waits = state === 'isolated' || ((until ?? 0) > at && (state === 'open' || probes === 0))
    return waits ? { key, state, until } : null
  }

  /** Takes a probe for a begin that is let through; null where the breaker is closed. Another round begins where the last is over. */
  probe(key: string, at: EpochMs, actsUntil: EpochMs): { readonly key: string; readonly revision: number } | null {
    if (this.stateOf(key) === 'closed') return null
    let row = this.rows.get(key) as BreakerRow
    if (row.state === 'open' || row.probes === 0) {
      row = this.move(key, { state: 'half_open', until: at, probes: row.probesMost, by: 'fleet', reason: null }, at)
    }
    // Whatever becomes of it, the round is not over before it can no longer be acting, and was told of.
    const until = Math.max(row.until ?? 0, actsUntil + LIMITS.probe_told_ms)
    this.rows.set(key, { ...row, until, probes: row.probes - 1 })
    return { key, revision: row.revision }
  }

  /** Throws for a move that there is not: every caller looks before. */
  move(key: string, to: Moving, at: EpochMs): BreakerRow {
    const before = this.rows.get(key)
    const was = before?.state ?? 'closed'
    if (!BREAKER_MOVES.some(([from, into]) => from === was && into === to.state)) {
      throw new RangeError(`there is no move of a breaker from ${was} to ${to.state}`)
    }
    const { state, until, probes, by, reason } = to
    const revision = (before?.revision ?? 0) + 1
    const probesMost = to.probesMost ?? before?.probesMost ?? PROBES_MOST
    const opened = to.opened ?? before?.opened ?? 0
    const row = { key, state, revision, at, until, opened, probes, probesMost, by, reason }
    this.rows.set(key, row)
    this.moves.push({ key, revision, was, state, at, by, reason })
    return row
  }
}
