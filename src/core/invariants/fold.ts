import type { Entry, StampedCharge } from '../entries.js'
import type { OutcomeStatus, RunState } from '../states.js'

/** A begin that is neither settled nor superseded. */
export interface OpenBegin {
  readonly entry: Entry
  readonly doubted: boolean
}

export interface Tally {
  used: number
  reserved: number
}

/** What the charges of an entry do to a meter; `sign` is that of the reservation. */
export type Move = { readonly charge: StampedCharge; readonly reserve: number; readonly use: number }

/**
 * The charges that an entry moves: a begin reserves (and frees those of the begin it supersedes), a settle gives
 * the reservation back and adds what was used. A peak reserves nothing; a level uses nothing.
 */
export function movesOf(entry: Entry, open: ReadonlyMap<number, OpenBegin>): Move[] {
  const charges = entry.facts.charges ?? []
  if (entry.kind === 'begin') {
    const before = open.get(entry.facts.supersedes ?? 0)?.entry.facts.charges ?? []
    return [...before.map((charge) => held(charge, -1)), ...charges.map((charge) => held(charge, 1))]
  }
  if (entry.kind !== 'settle') return []
  const used = entry.facts.used ?? []
  const granted = open.get(entry.ref ?? 0)?.entry.facts.charges ?? []
  return granted.map((charge, i) => ({
    ...held(charge, -1),
    use: charge.kind === 'level' ? 0 : (used[i] ?? charge.amount),
  }))
}

function held(charge: StampedCharge, sign: 1 | -1): Move {
  return { charge, reserve: charge.kind === 'peak' ? 0 : sign * charge.amount, use: 0 }
}

/** Puts a move on a tally: sums add up, a peak keeps the largest. */
export function tallyMove(tally: Tally, { charge, reserve, use }: Move): void {
  tally.reserved += reserve
  tally.used = charge.kind === 'peak' ? Math.max(tally.used, use) : tally.used + use
}

/**
 * A run as its journal alone tells it: add the entries in order. Nothing is checked here; a begin or settle that makes no
 * sense changes what little it can, so that a tampered journal still folds to something that can be compared.
 */
export class JournalFold {
  state: RunState = 'queued'
  outcome: OutcomeStatus | null = null
  fence = 0
  claims = 0
  mailSeen = 0
  headSeq = 0
  readonly open = new Map<number, OpenBegin>()
  readonly meters = new Map<string, Tally>()

  /** `moves` are those of the entry, where they are known already: of `open` as it was before it. */
  add(entry: Entry, moves: readonly Move[] = movesOf(entry, this.open)): void {
    for (const move of moves) {
      if (move.charge.at === 'run') tallyMove(this.meter(move.charge.meter), move)
    }
    this.headSeq = entry.seq
    this.mailSeen = entry.facts.mailSeen ?? this.mailSeen
    if (entry.kind === 'claim') this.claim(entry)
    else if (entry.kind === 'begin') this.begin(entry)
    else if (entry.kind === 'doubt') this.doubt(entry)
    else if (entry.kind === 'settle') this.settle(entry)
    else if (entry.kind === 'note') this.note(entry)
    else if (entry.kind === 'park' || entry.kind === 'end') this.leave(entry)
  }

  meter(name: string): Tally {
    const tally = this.meters.get(name) ?? { used: 0, reserved: 0 }
    this.meters.set(name, tally)
    return tally
  }

  private claim(entry: Entry): void {
    this.fence = entry.fence
    this.claims += 1
    // A run that ended is claimed for reconciliation and stays ended.
    if (this.state !== 'ended') this.state = 'running'
  }

  private begin(entry: Entry): void {
    this.open.delete(entry.facts.supersedes ?? 0)
    this.open.set(entry.seq, { entry, doubted: false })
  }

  private doubt(entry: Entry): void {
    const begun = this.open.get(entry.ref ?? 0)
    if (begun) this.open.set(begun.entry.seq, { ...begun, doubted: true })
  }

  private settle(entry: Entry): void {
    this.open.delete(entry.ref ?? 0)
    this.claims = 0
  }

  private note(entry: Entry): void {
    for (const [name, count] of Object.entries(entry.facts.count ?? {})) this.meter(name).used += count
  }

  private leave(entry: Entry): void {
    if (entry.kind === 'park') {
      this.state = 'waiting'
      this.claims = 0
    } else {
      this.state = 'ended'
      this.outcome = (entry.facts.outcome ?? null) as OutcomeStatus | null
    }
  }
}
