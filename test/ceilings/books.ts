import type { StampedCharge } from '../../src/core/entries.js'
import type { Ledger } from '../../src/core/ledger.js'
import { windowStart } from '../../src/core/meters.js'
import type { CeilingRow } from '../../src/core/operated.js'

/** What the journals say of one window of a shared meter, recounted without the ledger's own sums. */
export interface Recount {
  grants: number
  refusals: number
  /** Highest sum after a grant. */
  most: number
  /** The least limit that any grant was under. */
  limit: number
  /** By how much the worst grant passed its limit. */
  overshoot: number
  settled: number
  open: number
}

export interface Books {
  /** By scope, meter and per; behind them the start of the window, where there is one: `fleet tickets total`, `fleet tickets hour 0`. */
  readonly meters: ReadonlyMap<string, Recount>
  /** Meters whose row does not hold what the journals add up to. */
  readonly wrong: readonly string[]
}

type Named = Pick<StampedCharge, 'scope' | 'meter' | 'per'>

const nameOf = ({ scope, meter, per }: Named): string => `${scope} ${meter} ${per}`
const rowOf = (c: Named & Pick<StampedCharge, 'window'>): string => nameOf(c) + (c.window === -1 ? '' : ` ${c.window}`)

/** Recounts every journal: sums at each grant against its limits, what was settled, what is still open. */
export async function recount(ledger: Ledger, runIds: readonly string[]): Promise<Books> {
  const ceilings = await ledger.ceilings()
  const meters = new Map<string, Recount>()
  for (const runId of runIds) await recountRun(ledger, runId, ceilings, meters)
  const wrong: string[] = []
  for (const row of await ledger.meters({})) {
    // A row may stand where all that was asked of it was refused for the lack of room elsewhere.
    const { settled = 0, open = 0 } = meters.get(rowOf(row)) ?? {}
    if (settled === row.used && open === row.reserved) continue
    wrong.push(`${rowOf(row)}: ${row.used} + ${row.reserved}, journals ${settled} + ${open}`)
  }
  return { meters, wrong }
}

async function recountRun(
  ledger: Ledger,
  runId: string,
  ceilings: readonly CeilingRow[],
  meters: Map<string, Recount>,
): Promise<void> {
  const open = new Map<number, readonly StampedCharge[]>()
  for (const { seq, kind, ref, at, facts, body } of await ledger.journal({ runId })) {
    if (kind === 'begin') {
      if (facts.supersedes !== undefined) open.delete(facts.supersedes)
      open.set(seq, facts.charges ?? [])
      for (const charge of shared(facts.charges)) grant(rowIn(meters, rowOf(charge)), charge, ceilings)
    } else if (kind === 'settle' && ref !== null) {
      const charges = open.get(ref) ?? []
      for (const [i, charge] of charges.entries()) {
        if (charge.at === 'shared') rowIn(meters, rowOf(charge)).settled += facts.used?.[i] ?? 0
      }
      open.delete(ref)
    } else if (kind === 'note') {
      const { about, detail } = JSON.parse(body ?? '{}')
      if (about !== 'breach' || detail.scope === '') continue
      rowIn(meters, rowOf({ ...detail, window: windowStart(detail.per, at) })).refusals += 1
    }
  }
  for (const charges of open.values()) {
    for (const charge of shared(charges)) rowIn(meters, rowOf(charge)).open += charge.amount
  }
}

const shared = (charges: readonly StampedCharge[] = []) => charges.filter((c) => c.at === 'shared')

function grant(row: Recount, charge: StampedCharge, ceilings: readonly CeilingRow[]): void {
  const set = ceilings.filter((c) => nameOf(c) === nameOf(charge)).map((c) => c.limit)
  const limit = Math.min(charge.limit ?? Number.POSITIVE_INFINITY, ...set)
  const sum = charge.usedAfter + charge.reservedAfter
  row.grants += 1
  row.limit = Math.min(row.limit, limit)
  row.most = Math.max(row.most, sum)
  row.overshoot = Math.max(row.overshoot, sum - limit)
}

function rowIn(meters: Map<string, Recount>, key: string): Recount {
  const known = meters.get(key)
  if (known) return known
  const limit = Number.POSITIVE_INFINITY
  const fresh = { grants: 0, refusals: 0, most: 0, limit, overshoot: 0, settled: 0, open: 0 }
  meters.set(key, fresh)
  return fresh
}
