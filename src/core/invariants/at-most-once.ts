import type { Entry } from '../entries.js'
import type { EffectRow } from '../ledger.js'
import type { EpochMs } from '../time.js'
import type { RunFacts } from './facts.js'
import type { Invariant, Tell } from './invariant.js'

/** What became of one attempt at one effect key. */
interface Attempt {
  readonly tool: string
  readonly runId: string
  readonly seq: number
  readonly at: EpochMs
  readonly attempt: number
  readonly args: string
  readonly actsUntil: EpochMs
  readonly early: boolean
  readonly supersedes: number | null
  readonly doubt: Place | null
  readonly settle: (Place & { readonly did: string }) | null
  readonly runEndedAt: EpochMs | null
}
type Place = { readonly seq: number; readonly at: EpochMs }

/**
 * Finds a write that was sent twice without a reason, whoever sent it: attempts at one key are followed across runs.
 * What it cannot know is whether a check told the truth; a key confirmed by two runs says that one did not.
 */
export const atMostOnce: Invariant = {
  id: 'I3',
  name: 'at most once',
  promise:
    'For one effect key a second attempt only where the first surely did not act, or as a take-over of its doubt.',
  inspect: (tell) => {
    const attempts = new Map<string, Attempt[]>()
    const rows = new Map<string, EffectRow>()
    return {
      run: (facts) => {
        for (const row of facts.effects) rows.set(keyOf(row.tenant, row.tool, row.key), row)
        for (const [key, attempt] of attemptsOf(facts)) {
          const before = attempts.get(key)
          if (before) before.push(attempt)
          else attempts.set(key, [attempt])
        }
      },
      totals: () => {
        for (const [key, tries] of attempts) checkKey(tries, rows.get(key), tell)
      },
    }
  },
}

function keyOf(tenant: string, tool: string, key: string): string {
  return `${tenant}\n${tool}\n${key}`
}

/** The attempts in one journal, each under its key, with what became of it later in that journal. */
function* attemptsOf({ run, entries }: RunFacts): Generator<[string, Attempt]> {
  const later = new Map<number, { doubt?: Entry; settle?: Entry }>()
  for (const entry of entries) {
    if ((entry.kind === 'doubt' || entry.kind === 'settle') && entry.ref !== null)
      later.set(entry.ref, { ...later.get(entry.ref), [entry.kind]: entry })
  }
  for (const { kind, seq, at, facts } of entries) {
    if (kind !== 'begin' || !facts.effect) continue
    const { tool, key, args, attempt, resend } = facts.effect
    const { doubt, settle } = later.get(seq) ?? {}
    yield [
      keyOf(run.tenant, tool, key),
      {
        tool,
        runId: run.runId,
        seq,
        at,
        attempt,
        args,
        // A begin without a bound could act for ever.
        actsUntil: facts.actsUntil ?? Number.POSITIVE_INFINITY,
        early: resend === 'early',
        supersedes: facts.supersedes ?? null,
        doubt: doubt ? { seq: doubt.seq, at: doubt.at } : null,
        settle: settle ? { seq: settle.seq, at: settle.at, did: settle.facts.did ?? '' } : null,
        runEndedAt: run.endedAt,
      },
    ]
  }
}

function checkKey(tries: Attempt[], row: EffectRow | undefined, tell: Tell): void {
  // Journals are read in order of run id, attempts are numbered by the effect row.
  tries.sort((a, b) => a.attempt - b.attempt || a.at - b.at)
  tries.forEach((next, i) => {
    const before = tries[i - 1]
    if (next.attempt !== i + 1)
      tell(`Attempts at one effect of '${next.tool}' are not numbered 1, 2, 3.`, at(next, { expected: i + 1 }))
    const fault = before && repeatFault(before, next)
    if (fault) tell(`'${next.tool}' was begun again: ${fault}.`, at(next, { before: before.attempt }))
  })
  const confirmed = tries.filter(({ settle }) => settle?.did === 'performed')
  const [, second] = confirmed
  if (second)
    tell(`One effect of '${second.tool}' is confirmed more than once.`, at(second, { times: confirmed.length }))
  const [first] = confirmed
  if (first && row?.state !== 'performed')
    tell(`A confirmed effect of '${first.tool}' does not keep its key taken.`, at(first, {}))
}

/** Why the second attempt must not have begun; null when it was right to. */
function repeatFault(before: Attempt, next: Attempt): string | null {
  const { settle, doubt } = before
  if (settle?.did === 'not_performed' && precedes(before, settle, next)) return null
  if (settle?.did === 'performed' && surelyPrecedes(before, settle, next)) return 'it was confirmed before'
  if (!doubt || !precedes(before, doubt, next)) return 'the attempt before was still open'
  if (before.args !== next.args) return 'with other arguments, over a doubt'
  if (before.runId === next.runId && next.supersedes !== before.seq) return 'without taking over the doubt before'
  // Only a run that has ended leaves its doubts to others.
  const owned = before.runId !== next.runId && (before.runEndedAt === null || before.runEndedAt > next.at)
  if (owned) return 'another run still owned the doubt'
  return next.early || next.at >= before.actsUntil ? null : 'while the attempt before could still be acting'
}

/** Within one journal order is that of seqs, across journals that of the ledger's clock. */
function precedes(before: Attempt, place: Place, next: Attempt): boolean {
  return before.runId === next.runId ? place.seq < next.seq : place.at <= next.at
}

/** Two journals may have been written within one millisecond: then their order is unknown. */
function surelyPrecedes(before: Attempt, place: Place, next: Attempt): boolean {
  return precedes(before, place, next) && (before.runId === next.runId || place.at < next.at)
}

function at({ runId, seq, attempt }: Attempt, numbers: Record<string, number>) {
  return { runId, seq, numbers: { attempt, ...numbers } }
}
