import type { EffectRow } from '../effect-row.js'
import type { Entry } from '../entries.js'
import type { RunFacts } from './facts.js'
import { JournalFold } from './fold.js'
import type { Invariant, Tell } from './invariant.js'

/** Whatever acted was written down first: without that, a crash would leave effects that nobody knows to look for. */
export const intentFirst: Invariant = {
  id: 'I2',
  name: 'intent first',
  promise: 'Every performed effect has an intent before it; every intent has at most one settlement.',
  inspect: (tell) => ({
    run: (facts) => {
      const fold = new JournalFold()
      for (const entry of facts.entries) {
        checkRef(entry, fold, tell)
        // What is open is all that is asked here: meters stand still.
        fold.add(entry, [])
      }
      for (const row of facts.effects) checkEffectRow(row, facts, fold, tell)
      for (const { runId, ref, no } of facts.evidence) {
        if (facts.entries[ref - 1]?.kind !== 'begin')
          tell('A receipt is kept for an intent that is not in the journal.', { runId, seq: ref, numbers: { no } })
      }
    },
  }),
}

/** Against the journal so far: what is settled, doubted or superseded must be open at that point. */
function checkRef(entry: Entry, fold: JournalFold, tell: Tell): void {
  const { runId, seq, kind, ref } = entry
  const begun = fold.open.get(ref ?? 0)
  if (kind === 'settle' && !begun)
    tell('A settlement has no open intent before it, or is its second one.', at(entry, ref))
  if (kind === 'doubt' && (!begun || begun.doubted)) tell('A doubt has no open intent before it.', at(entry, ref))
  if (kind === 'begin' && entry.facts.supersedes !== undefined) checkSuperseded(entry, fold, tell)
  if (kind !== 'park' && kind !== 'end') return
  for (const open of fold.open.values()) {
    if (!open.doubted)
      tell(`The run left (${kind}) over an intent that was neither settled nor in doubt.`, {
        runId,
        seq,
        numbers: { intent: open.entry.seq },
      })
  }
}

/** A take-over inherits reservation, key and locks; of another effect it would inherit what is not its own. */
function checkSuperseded(entry: Entry, fold: JournalFold, tell: Tell): void {
  const before = fold.open.get(entry.facts.supersedes ?? 0)
  const [mine, its] = [entry.facts.effect, before?.entry.facts.effect]
  if (!before?.doubted || mine?.key !== its?.key || mine?.tool !== its?.tool)
    tell('An intent replaces one that was not an open doubt of the same effect.', at(entry, entry.facts.supersedes))
}

/** The effect row is what stops a second attempt: it must point at the entry that says the same. */
function checkEffectRow(row: EffectRow, facts: RunFacts, fold: JournalFold, tell: Tell): void {
  if (row.state === 'free') return
  const open = fold.open.get(row.seq)
  const doubted = open !== undefined && open.doubted === (row.state === 'doubt')
  const begin = row.state === 'performed' ? confirmedBy(row.seq, facts) : doubted ? open.entry : undefined
  const { tool, key, attempt = 0 } = begin?.facts.effect ?? {}
  // Confirmed may also be an attempt before the last one, which was found to have acted after all.
  const right = row.state === 'performed' ? attempt > 0 && attempt <= row.attempt : attempt === row.attempt
  if (right && tool === row.tool && key === row.key) return
  tell(`An effect of '${row.tool}' is kept as '${row.state}', and the journal does not say so.`, {
    runId: row.runId,
    seq: row.seq,
    numbers: { attempt: row.attempt },
  })
}

/** The begin that an entry says was performed: a settlement of it, or itself where a receipt came for it. */
function confirmedBy(seq: number, { entries, evidence }: RunFacts): Entry | undefined {
  const entry = entries[seq - 1]
  if (entry?.kind === 'settle') return entry.facts.did === 'performed' ? entries[(entry.ref ?? 0) - 1] : undefined
  return evidence.some(({ ref, did }) => ref === seq && did === 'performed') ? entry : undefined
}

function at(entry: Entry, ref: number | null | undefined) {
  return { runId: entry.runId, seq: entry.seq, numbers: { intent: ref ?? 0 } }
}
