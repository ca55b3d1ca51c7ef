import type { Entry, EntryFacts } from '../entries.js'
import type { EpochMs } from '../time.js'
import type { RunFacts } from './facts.js'

/** Where and when something was written; `seq` 0 where it stands outside the journal. */
export type Place = { readonly runId: string; readonly seq: number; readonly at: EpochMs }

/** What became of one attempt at one effect key. */
export interface Attempt extends Place {
  readonly tool: string
  readonly attempt: number
  readonly args: string
  readonly actsUntil: EpochMs
  readonly early: boolean
  readonly supersedes: number | null
  readonly doubt: Place | null
  readonly settle: (Place & { readonly did: string }) | null
  /** The first receipt that says that it acted. */
  readonly receipt: Place | null
  readonly runEndedAt: EpochMs | null
}

/** A confirmed effect that took back all attempts at a key up to one. */
export interface Undo extends Place {
  readonly tool: string
  readonly attempt: number
  /** When the effect that took it back was begun, or first begun where it was sent again. */
  readonly begun: Place
}

/** One text for an effect key. */
export function keyOf(tenant: string, tool: string, key: string): string {
  return `${tenant}\n${tool}\n${key}`
}

/** The attempts in one journal, each under its key, with what became of it later in that journal. */
export function* attemptsOf({ run, entries, evidence }: RunFacts): Generator<[string, Attempt]> {
  const { runId, tenant, endedAt } = run
  const later = laterOf(entries)
  for (const { kind, seq, at, facts } of entries) {
    if (kind !== 'begin' || !facts.effect) continue
    const { tool, key, args, attempt, resend } = facts.effect
    const { doubt, settle } = later.get(seq) ?? {}
    const receipt = evidence.find((one) => one.ref === seq && one.did === 'performed')
    const found: Attempt = {
      ...{ tool, runId, seq, at, attempt, args },
      // A begin without a bound could act for ever.
      actsUntil: facts.actsUntil ?? Number.POSITIVE_INFINITY,
      early: resend === 'early',
      supersedes: facts.supersedes ?? null,
      doubt: doubt ? { runId, seq: doubt.seq, at: doubt.at } : null,
      settle: settle ? { runId, seq: settle.seq, at: settle.at, did: settle.facts.did ?? '' } : null,
      receipt: receipt ? { runId, seq: 0, at: receipt.at } : null,
      runEndedAt: endedAt,
    }
    yield [keyOf(tenant, tool, key), found]
  }
}

type Later = { doubt?: Entry; settle?: Entry }

function laterOf(entries: readonly Entry[]): Map<number, Later> {
  const later = new Map<number, Later>()
  for (const entry of entries) {
    if ((entry.kind === 'doubt' || entry.kind === 'settle') && entry.ref !== null)
      later.set(entry.ref, { ...later.get(entry.ref), [entry.kind]: entry })
  }
  return later
}

/** Keys that settlements of this journal took back. `fault` says what is wrong with one by this journal alone. */
export function* undosOf({ run, entries }: RunFacts): Generator<[string, Undo, string | null]> {
  const { runId, tenant } = run
  const bySeq = new Map(entries.map((entry) => [entry.seq, entry]))
  for (const { kind, seq, at, ref, facts } of entries) {
    const { undid } = facts
    if (kind !== 'settle' || !undid) continue
    const begin = bySeq.get(ref ?? 0)
    const first = firstOf(begin, bySeq)
    const begun = { runId, seq: first?.seq ?? 0, at: first?.at ?? 0 }
    const fault =
      facts.did === 'performed' && named(begin?.facts, undid) ? null : 'which its settlement does not confirm'
    yield [keyOf(tenant, undid.tool, undid.key), { ...undid, runId, seq, at, begun }, fault]
  }
}

/** The begin that one stands in the place of, as far as this journal tells. */
function firstOf(begin: Entry | undefined, bySeq: ReadonlyMap<number, Entry>): Entry | undefined {
  const before = begin && bySeq.get(begin.facts.supersedes ?? 0)
  return before ? firstOf(before, bySeq) : begin
}

function named(begin: EntryFacts | undefined, undid: NonNullable<EntryFacts['undid']>): boolean {
  const { undoes } = begin?.effect ?? {}
  return undoes?.tool === undid.tool && undoes.key === undid.key && undoes.attempt === undid.attempt
}
