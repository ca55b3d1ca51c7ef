import type { EffectRow } from '../effect-row.js'
import { type Attempt, attemptsOf, keyOf, type Place, type Undo, undosOf } from './attempts.js'
import type { Invariant, Tell } from './invariant.js'

/**
 * Finds a write that was sent twice without a reason, whoever sent it: attempts at one key are followed across runs.
 * What it cannot know is whether a check told the truth; a key confirmed by two runs says that one did not.
 */
export const atMostOnce: Invariant = {
  id: 'I3',
  name: 'at most once',
  promise:
    'For one effect key a second attempt only where the first surely did not act, as a take-over of its doubt, or undone.',
  inspect: (tell) => {
    const keys = new Map<string, Key>()
    const pruned = new Set<string>()
    const keyAt = (name: string): Key => {
      const key = keys.get(name) ?? { tries: [], undos: [], row: null }
      keys.set(name, key)
      return key
    }
    return {
      run: (facts) => {
        for (const row of facts.effects) keyAt(keyOf(row.tenant, row.tool, row.key)).row = row
        for (const [name, attempt] of attemptsOf(facts)) keyAt(name).tries.push(attempt)
        for (const [name, undo, fault] of undosOf(facts)) {
          keyAt(name).undos.push(undo)
          if (fault !== null) tell(`An effect of '${undo.tool}' was taken back, ${fault}.`, at(undo, {}))
        }
      },
      pruned: ({ run }) => pruned.add(run.tenant),
      totals: () => {
        for (const [name, key] of keys) checkKey(key, pruned.has(name.split('\n')[0] ?? ''), tell)
      },
    }
  },
}

/** All that journals and receipts tell of one key, and its row. */
interface Key {
  readonly tries: Attempt[]
  readonly undos: Undo[]
  row: EffectRow | null
}

/** Where journals of the tenant were pruned, attempts may be missing: then only those that follow each other are compared. */
function checkKey({ tries, undos, row }: Key, pruned: boolean, tell: Tell): void {
  // Journals are read in order of run id, attempts are numbered by the effect row.
  tries.sort((a, b) => a.attempt - b.attempt || a.at - b.at)
  tries.forEach((next, i) => {
    const before = tries[i - 1]
    if (pruned ? next.attempt === before?.attempt : next.attempt !== i + 1)
      tell(`Attempts at one effect of '${next.tool}' are not numbered 1, 2, 3.`, at(next, { expected: i + 1 }))
    const follows = before && (!pruned || (before.attempt === next.attempt - 1 && before.attempt > goneBy(row)))
    const fault = follows && !undoneBefore(undos, before, next) ? repeatFault(before, next) : null
    if (fault) tell(`'${next.tool}' was begun again: ${fault}.`, at(next, { before: before?.attempt ?? 0 }))
    const known = tries.slice(0, i).find((one) => isKnown(one, next) && !undoneBefore(undos, one, next))
    if (known)
      tell(
        `'${next.tool}' was begun again after a receipt had said that it was performed.`,
        at(next, { before: known.attempt }),
      )
  })
  for (const undo of pruned ? [] : undos) {
    if (!tries.some((one) => one.attempt <= undo.attempt && isActed(one, undo.begun)))
      tell(`An effect of '${undo.tool}' was taken back that nobody had confirmed.`, at(undo, {}))
  }
  // What was taken back no longer counts.
  const undone = Math.max(pruned ? goneBy(row) : 0, ...undos.map(({ attempt }) => attempt))
  const standing = tries.filter(({ attempt }) => attempt > undone)
  const performed = standing.filter(({ settle }) => settle?.did === 'performed')
  const confirmed = performed.filter((one) => !isHearsay(one, tries))
  const [, second] = confirmed
  if (second)
    tell(`One effect of '${second.tool}' is confirmed more than once.`, at(second, { times: confirmed.length }))
  const [first] = performed
  if (first && row?.state !== 'performed' && !(pruned && row === null))
    tell(`A confirmed effect of '${first.tool}' does not keep its key taken.`, at(first, {}))
  const known = standing.find(({ receipt }) => receipt !== null)
  if (known && (row === null ? !pruned : row.state === 'free'))
    tell(`A receipt says that '${known.tool}' was performed, yet its key is free.`, at(known, {}))
}

/**
 * A run that has ended may be told that it had acted when another one has taken its doubt over already: the row hears of that, as it
 * does of a receipt. It says of the same effect what the other one finds, by a check or under the same key.
 */
function isHearsay({ runId, attempt, settle }: Attempt, tries: readonly Attempt[]): boolean {
  if (settle === null) return false
  return tries.some((next) => next.runId !== runId && next.attempt > attempt && precedes(next, settle))
}

/** Attempts that were taken back, as the key's row says; all of them may have been where the row is a pruned run's. */
function goneBy(row: EffectRow | null): number {
  return row?.undone ?? Number.POSITIVE_INFINITY
}

/** Taken back before the next attempt began; within one moment, perhaps. */
function undoneBefore(undos: readonly Undo[], before: Attempt, next: Attempt): boolean {
  return undos.some((undo) => undo.attempt >= before.attempt && undo.attempt < next.attempt && precedes(undo, next))
}

/** A receipt for it came surely before the next attempt was begun. */
function isKnown({ receipt }: Attempt, next: Attempt): boolean {
  return receipt !== null && receipt.at < next.at
}

/** Confirmed by a settlement, or said by a receipt, not surely later than that place. */
function isActed({ settle, receipt }: Attempt, place: Place): boolean {
  return (settle?.did === 'performed' && precedes(settle, place)) || (receipt !== null && receipt.at <= place.at)
}

/** Why the second attempt must not have begun; null when it was right to. */
function repeatFault(before: Attempt, next: Attempt): string | null {
  const { settle, doubt } = before
  if (settle?.did === 'not_performed' && precedes(settle, next)) return null
  if (settle?.did === 'performed' && surelyPrecedes(settle, next)) return 'it was confirmed before'
  if (!doubt || !precedes(doubt, next)) return 'the attempt before was still open'
  if (before.args !== next.args) return 'with other arguments, over a doubt'
  if (before.runId === next.runId && next.supersedes !== before.seq) return 'without taking over the doubt before'
  // Only a run that has ended leaves its doubts to others.
  const owned = before.runId !== next.runId && (before.runEndedAt === null || before.runEndedAt > next.at)
  if (owned) return 'another run still owned the doubt'
  return next.early || next.at >= before.actsUntil ? null : 'while the attempt before could still be acting'
}

/** Within one journal order is that of seqs, across journals that of the ledger's clock. */
function precedes(place: Place, next: Place): boolean {
  return place.runId === next.runId && place.seq > 0 && next.seq > 0 ? place.seq < next.seq : place.at <= next.at
}

/** Two journals may have been written within one millisecond: then their order is unknown. */
function surelyPrecedes(place: Place, next: Place): boolean {
  return precedes(place, next) && (place.runId === next.runId || place.at < next.at)
}

function at({ runId, seq, attempt }: Place & { readonly attempt: number }, numbers: Record<string, number>) {
  return { runId, seq, numbers: { attempt, ...numbers } }
}
