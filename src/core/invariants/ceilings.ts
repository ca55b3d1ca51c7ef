import type { Entry, StampedCharge } from '../entries.js'
import { windowStart } from '../meters.js'
import type { ProofSum } from '../sessions.js'
import { meterKey, type TotalFacts } from './facts.js'
import { JournalFold, type Move, movesOf, type OpenBegin, type Tally, tallyMove } from './fold.js'
import type { Invariant, Tell } from './invariant.js'
import { RollUp, UnlessBelow } from './roll-up.js'

/**
 * Grants are judged by the sums that the ledger stamped on them, so that a ceiling lowered later accuses nobody. That the
 * stamps were true follows from conservation: what journals settled and hold open must be what the meters say in the end.
 */
export const ceilings: Invariant = {
  id: 'I4',
  name: 'ceilings',
  promise:
    'At every grant used + reserved is within the limit of its window; what journals settled and hold open is what meters say.',
  inspect: (tell) => {
    const sums = new Map<string, Tally>()
    const rollUp = new RollUp()
    const stamps = new UnlessBelow()
    return {
      run: ({ entries }) => {
        const fold = new JournalFold()
        for (const entry of entries) {
          // Before the fold moves on: a settle finds its charges in what is open.
          const moves = movesOf(entry, fold.open)
          if (entry.kind === 'settle') checkSettled(entry, fold.open, tell)
          if (entry.kind === 'begin') checkGrant(entry, moves, fold, tell, stamps)
          addShared(moves, sums, rollUp)
          fold.add(entry, moves)
        }
      },
      pruned: ({ run }) => {
        for (const sum of run.proof?.sums ?? []) addProven(sum, sums, rollUp)
      },
      totals: (facts) => {
        checkConserved(sums, facts, tell)
        rollUp.check(facts.families, facts.moving, tell)
        stamps.settle((runId) => facts.families.has(runId))
      },
      alone: ({ hasChildren }) => stamps.settle(() => hasChildren),
    }
  },
}

/** Every charge of a begin fits its limit as stamped; the stamps of the run's own meters are those of its journal. */
function checkGrant(entry: Entry, moves: readonly Move[], fold: JournalFold, tell: Tell, stamps: UnlessBelow): void {
  const tallies = new Map<string, Tally>()
  for (const move of moves) {
    const { charge } = move
    const tally = tallies.get(charge.meter) ?? { ...(fold.meters.get(charge.meter) ?? { used: 0, reserved: 0 }) }
    if (charge.at === 'run') tallyMove(tally, move)
    tallies.set(charge.meter, tally)
    if (!entry.facts.charges?.includes(charge)) continue
    checkRoom(entry, charge, tell)
    checkWindow(entry, charge, tell)
    if (charge.at === 'run') checkStamp(entry, charge, tally, tell, stamps)
  }
}

/** A negative amount would make room for others: it must never have been granted. */
function checkRoom({ runId, seq }: Entry, charge: StampedCharge, tell: Tell): void {
  const { kind, amount, limit, usedAfter, reservedAfter } = charge
  const numbers = { amount, used: usedAfter, reserved: reservedAfter, limit: limit ?? -1 }
  if (!Number.isSafeInteger(amount) || amount < 0)
    tell(`${named(charge)} was charged what is no amount.`, { runId, seq, numbers })
  const reached = kind === 'peak' ? amount : usedAfter + reservedAfter
  if (limit !== null && reached > limit) tell(`${named(charge)} was granted beyond its limit.`, { runId, seq, numbers })
}

/** A charge in another window than the grant's would be judged against room that is not its own. */
function checkWindow({ runId, seq, at }: Entry, charge: StampedCharge, tell: Tell): void {
  const begins = windowStart(charge.per, at)
  if (charge.window === begins) return
  const numbers = { window: charge.window, begins }
  tell(`${named(charge)} was counted in another window than that of its grant.`, { runId, seq, numbers })
}

/** A run's own meters are written by its journal and by those below it alone: without these the stamps can be told exactly. */
function checkStamp(
  { runId, seq }: Entry,
  charge: StampedCharge,
  { used, reserved }: Tally,
  tell: Tell,
  stamps: UnlessBelow,
): void {
  const { usedAfter, reservedAfter } = charge
  if (used === usedAfter && reserved === reservedAfter) return
  const numbers = { used: usedAfter, reserved: reservedAfter, journalUsed: used, journalReserved: reserved }
  const say = () =>
    tell(`${named(charge)} was stamped with other sums than its journal holds.`, { runId, seq, numbers })
  if (usedAfter < used || reservedAfter < reserved) say()
  else stamps.keep(runId, say)
}

/** More than was reserved may be used, if it is recorded as an overrun. */
function checkSettled(entry: Entry, open: ReadonlyMap<number, OpenBegin>, tell: Tell): void {
  const { runId, seq, facts } = entry
  const charges = open.get(entry.ref ?? 0)?.entry.facts.charges ?? []
  const used = facts.used ?? []
  if (charges.length > 0 && used.length !== charges.length)
    tell('A settlement does not say what was used of each charge.', {
      runId,
      seq,
      numbers: { charges: charges.length, used: used.length },
    })
  charges.forEach((charge, i) => {
    const value = used[i] ?? charge.amount
    if (charge.kind !== 'level' && value > charge.amount && facts.overrun !== true)
      tell(`${named(charge)} was used beyond its reservation, and no overrun is recorded.`, {
        runId,
        seq,
        numbers: { reserved: charge.amount, used: value },
      })
  })
}

/** Windows were picked at the grant, and charges go back to them: the key is the begin's, whenever it is settled. */
function addShared(moves: readonly Move[], sums: Map<string, Tally>, rollUp: RollUp): void {
  for (const move of moves) {
    if (move.charge.at === 'above') rollUp.add(move)
    if (move.charge.at !== 'shared') continue
    const key = meterKey(move.charge)
    const tally = sums.get(key) ?? { used: 0, reserved: 0 }
    tallyMove(tally, move)
    sums.set(key, tally)
  }
}

/** What is left of a pruned journal, in which nothing was open. */
function addProven(sum: ProofSum, sums: Map<string, Tally>, rollUp: RollUp): void {
  if (sum.scope.startsWith('run:')) {
    rollUp.addSum(sum)
    return
  }
  const tally = sums.get(meterKey(sum)) ?? { used: 0, reserved: 0 }
  tally.used = sum.kind === 'peak' ? Math.max(tally.used, sum.used) : tally.used + sum.used
  sums.set(meterKey(sum), tally)
}

/** Sum of settled = used and sum of open reservations = reserved, for every shared meter and window. */
function checkConserved(sums: Map<string, Tally>, { meters, moving }: TotalFacts, tell: Tell): void {
  const rows = new Map(meters.map((row) => [meterKey(row), row]))
  for (const key of new Set([...rows.keys(), ...sums.keys()])) {
    // A meter that moved meanwhile was summed from older journals than its row.
    if (moving.has(key)) continue
    const [row, sum] = [rows.get(key), sums.get(key)]
    const [used, reserved, journalUsed, journalReserved] = [
      row?.used ?? 0,
      row?.reserved ?? 0,
      sum?.used ?? 0,
      sum?.reserved ?? 0,
    ]
    if (used === journalUsed && reserved === journalReserved) continue
    const [scope, meter, per] = key.split('\n')
    tell(`Meter '${meter}' of '${scope}' (per ${per}) does not hold what the journals add up to.`, {
      numbers: { used, reserved, journalUsed, journalReserved },
    })
  }
}

function named(charge: StampedCharge): string {
  return charge.at === 'run' ? `The run's meter '${charge.meter}'` : `Meter '${charge.meter}' of '${charge.scope}'`
}
