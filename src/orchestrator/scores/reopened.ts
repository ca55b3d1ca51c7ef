import type { RunRow } from '../../core/run-row.js'
import type { Activation } from '../activation.js'
import { REOPENED } from './plan.js'

/** So many runs of a session are looked through, newest first, for the one before. */
const LOOKED_AT = 200

/**
 * The first time that a message is worked: had the one before it in its session been completed, and not long ago, then it was
 * not all that was wanted. Said once of a run, however often it is looked at.
 */
export async function noteReopened({ engine, definition, run, journal }: Activation): Promise<void> {
  const reopenedMs = definition.scores?.reopenedMs ?? null
  const { tenant, session, agent, sessionNo } = run
  if (reopenedMs === null || session === null || sessionNo === null || sessionNo === 1 || journal.steps.size > 0) return
  const rows = await engine.ledger.runs({ tenant, session, agent, states: ['ended'], limit: LOOKED_AT })
  const before = rows.find((row) => row.sessionNo === sessionNo - 1)
  if (before === undefined || !isReopened(before, run, reopenedMs)) return
  const runId = before.workedBy ?? before.runId
  const said = { name: REOPENED, value: 0, by: 'reopened' } as const
  const { code } = await engine.ledger.scores.add({ runId, ...said })
  if (code === 'ok') engine.observers.tell({ kind: 'scored', run, scored: runId, ...said })
}

/** A message that came before the end was waiting already: it reopens nothing. */
function isReopened({ outcome, endedAt }: RunRow, { createdAt }: RunRow, withinMs: number): boolean {
  return outcome === 'completed' && endedAt !== null && createdAt > endedAt && createdAt - endedAt <= withinMs
}
