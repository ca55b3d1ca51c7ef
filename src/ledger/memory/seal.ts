import type { Ledger } from '../../core/ledger.js'
import type { Store } from './store.js'

/** No more will come. When all of them have ended already, the parent hears of it at once. */
export function sealGroup(
  store: Store,
  { runId, fence, step, total }: Parameters<Ledger['sealGroup']>[0],
): { code: 'ok' | 'fenced' | 'conflict' } {
  const run = store.runs.byId.get(runId)
  if (run?.state !== 'running' || run.fence !== fence) return { code: 'fenced' }
  const known = store.groups.find(runId, step)
  if ((known?.total ?? total) !== total || (known?.admitted ?? 0) > total) return { code: 'conflict' }
  const row = known ?? store.groups.open(runId, step, 1)
  if (row.total !== null) return { code: 'ok' }
  row.total = total
  if (row.ended === total) store.post(run, 'child', { group: step }, store.now())
  return { code: 'ok' }
}
