import type { FirstSaid } from '../../core/escalation.js'
import type { Ledger } from '../../core/ledger.js'
import { noticeOf, type PersonSays } from './escalations.js'
import type { Store } from './store.js'

/** A person's answer goes to the run as mail; only its holder writes the journal. */
export function answer(store: Store, says: PersonSays): Awaited<ReturnType<Ledger['answer']>> {
  const now = store.now()
  const row = store.escalations.get(says.id)
  if (!row) return { code: 'unknown' }
  const run = store.runs.byId.get(row.runId)
  const refused = store.escalations.refusal(row, says, now, run?.admission.principal ?? null)
  if (refused) return refused
  const { decision, by, note, result } = says
  if (store.escalations.first(row, says, now)) {
    if (run) store.tell('escalation', run, noticeOf(row, by), now)
    return { code: 'ok', missing: 1 }
  }
  store.escalations.answer(row, says, now)
  const first = row.first === null || row.first.by === by ? undefined : saidFirst(row.first)
  if (run) store.post(run, 'answer', { escalation: row.id, decision, by, note, result, first }, now)
  return { code: 'ok' }
}

const saidFirst = ({ by, note, result }: FirstSaid) => ({
  by,
  ...(note === null ? {} : { note }),
  ...(result === null ? {} : { result }),
})
