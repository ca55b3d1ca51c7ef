import type { RunRow } from '../run-row.js'
import { JournalFold } from './fold.js'
import type { Invariant } from './invariant.js'
import { UnlessBelow } from './roll-up.js'

/**
 * A run's row is a projection of its journal, kept for speed. If they differ, one of them was altered, or a ledger forgets
 * something at one of its writes: a reservation that is not given back shows here first.
 */
export const replay: Invariant = {
  id: 'I10',
  name: 'replay',
  promise:
    'Folding the journal again gives the same run: state, outcome, head, open intents, own meters, mail, claims.',
  inspect: (tell) => {
    // What runs below it charge to its meters is not in its journal; I4 adds it up.
    const meters = new UnlessBelow()
    return {
      run: ({ run, entries }) => {
        const fold = new JournalFold()
        for (const entry of entries) fold.add(entry)
        const { runId, headSeq: seq } = run
        for (const { what, numbers, isMeter } of differences(run, fold)) {
          const say = () =>
            tell(`The run's ${what} is not what its journal gives.`, { runId, seq, ...(numbers && { numbers }) })
          if (isMeter) meters.keep(runId, say)
          else say()
        }
      },
      totals: ({ families }) => meters.settle((runId) => families.has(runId)),
      alone: ({ hasChildren }) => meters.settle(() => hasChildren),
    }
  },
}

type Difference = { readonly what: string; readonly numbers?: Record<string, number>; readonly isMeter?: boolean }

/** Worker, due time and what it waits for are not in the journal, and are left out. */
function differences(run: RunRow, fold: JournalFold): Difference[] {
  const found: Difference[] = []
  const compare = (what: string, kept: number, folded: number, isMeter = false) => {
    if (kept !== folded) found.push({ what, numbers: { kept, folded }, isMeter })
  }
  if (run.state !== fold.state) found.push({ what: `state '${run.state}' (journal: '${fold.state}')` })
  if (run.outcome !== fold.outcome) found.push({ what: `outcome '${run.outcome}' (journal: '${fold.outcome}')` })
  compare('head', run.headSeq, fold.headSeq)
  compare('count of claims without progress', run.claims, fold.claims)
  compare('mail position', run.mailSeen, fold.mailSeen)
  const [kept, folded] = [run.open, [...fold.open.keys()]].map((seqs) => [...seqs].sort((a, b) => a - b).join(' '))
  if (kept !== folded) found.push({ what: `list of open intents (${kept || 'none'}; journal: ${folded || 'none'})` })
  for (const name of new Set([...Object.keys(run.meters), ...fold.meters.keys()])) {
    const [row, tally] = [run.meters[name], fold.meters.get(name)]
    compare(`meter '${name}' (used)`, row?.used ?? 0, tally?.used ?? 0, true)
    compare(`meter '${name}' (reserved)`, row?.reserved ?? 0, tally?.reserved ?? 0, true)
  }
  return found
}
