import type { Ledger } from '../../core/ledger.js'
import type { PersonSays } from './escalations.js'
import type { Store } from './store.js'

/** A person's answer goes to the run as mail; only its holder writes the journal. */
export function answer(store: Store, says: PersonSays): Awaited<ReturnType<Ledger['answer']>> {
  const now = store.now()
  const row = store.escalations.get(says.id)
  if (!row) return { code: 'unknown' }
  const refused = store.escalations.refusal(row, says, now)
  if (refused) return refused
  store.escalations.answer(row, says, now)
  const { decision, by, note, result } = says
  const run = store.runs.byId.get(row.runId)
  if (run) store.post(run, 'answer', { escalation: row.id, decision, by, note, result }, now)
  return { code: 'ok' }
}
