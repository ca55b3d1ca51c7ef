import type { RunRow } from '../ledger.js'
import { JournalFold } from './fold.js'
import type { Invariant } from './invariant.js'

/**
 * A run's row is a projection of its journal, kept for speed. If they differ, one of them was altered, or a ledger forgets
 * something at one of its writes: a reservation that is not given back shows here first.
 */
export const replay: Invariant = {
  id: 'I10',
  name: 'replay',
  promise:
    'Folding the journal again gives the same run: state, outcome, head, open intents, own meters, mail, claims.',
  inspect: (tell) => ({
    run: ({ run, entries }) => {
      const fold = new JournalFold()
      for (const entry of entries) fold.add(entry)
      for (const { what, numbers } of differences(run, fold))
        tell(`The run's ${what} is not what its journal gives.`, {
          runId: run.runId,
          seq: run.headSeq,
          ...(numbers && { numbers }),
        })
    },
  }),
}

type Difference = { readonly what: string; readonly numbers?: Record<string, number> }

/** Worker, due time and what it waits for are not in the journal, and are left out. */
function differences(run: RunRow, fold: JournalFold): Difference[] {
  const found: Difference[] = []
  const compare = (what: string, kept: number, folded: number) => {
    if (kept !== folded) found.push({ what, numbers: { kept, folded } })
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
    compare(`meter '${name}' (used)`, row?.used ?? 0, tally?.used ?? 0)
    compare(`meter '${name}' (reserved)`, row?.reserved ?? 0, tally?.reserved ?? 0)
  }
  return found
}
