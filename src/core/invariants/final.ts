import type { Entry } from '../entries.js'
import type { RunFacts } from './facts.js'
import type { Invariant, Tell } from './invariant.js'

/** What may stand after the end: reconciliation and its claims. */
const AFTER_THE_END = new Set<Entry['kind']>(['claim', 'settle', 'audit'])

/** Callers act on an outcome: one that changed, or a step after it, is a promise broken to somebody outside. */
export const final: Invariant = {
  id: 'I7',
  name: 'final',
  promise: 'A run has one outcome; after it there is only reconciliation and audit.',
  inspect: (tell) => ({
    run: (facts) => {
      const { run, entries } = facts
      const at = entries.findIndex(({ kind }) => kind === 'end')
      const end = entries[at]
      if ((run.state === 'ended') !== (end !== undefined))
        tell(`The run is '${run.state}', its journal ${end ? 'has' : 'has no'} end.`, { runId: run.runId })
      for (const entry of end ? entries.slice(at + 1) : []) checkAfter(entry, tell)
      if (end) checkEnded(facts, end, tell)
      if (!end && run.outcome !== null)
        tell(`The run has the outcome '${run.outcome}' before its end.`, { runId: run.runId })
      if (!end && entries.some(({ kind }) => kind === 'audit'))
        tell('The journal has an audit before an end.', { runId: run.runId })
    },
  }),
}

/** Doubts that were open at the end may still be settled, each settle by a claim of its own. */
function checkAfter({ runId, seq, kind }: Entry, tell: Tell): void {
  if (kind === 'end') tell('The run ended twice.', { runId, seq })
  else if (!AFTER_THE_END.has(kind)) tell(`A '${kind}' was written after the end.`, { runId, seq })
}

/** What lists show must be what the journal says; questions of a run that has ended are nobody's any more. */
function checkEnded({ run, escalations }: RunFacts, end: Entry, tell: Tell): void {
  const { runId, seq } = end
  if (run.outcome !== end.facts.outcome)
    tell(`The run says '${run.outcome}', its journal '${end.facts.outcome}'.`, { runId, seq })
  if (run.endedAt !== end.at)
    tell('The run carries another time of its end than its journal.', {
      runId,
      seq,
      numbers: { endedAt: run.endedAt ?? -1, written: end.at },
    })
  for (const { id, kind, state } of escalations) {
    if (state === 'open' && kind !== 'doubt')
      tell(`A person is still asked (${kind} ${id}) although the run has ended.`, { runId, seq })
  }
}
