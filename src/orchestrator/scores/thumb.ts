import { MidwatchError } from '../../core/errors.js'
import type { Ledger } from '../../core/ledger.js'
import type { ScoreRow } from '../../core/scores.js'
import { lastOf } from '../ended-run.js'
import { THUMB } from './plan.js'

/** What a person says of an ended run: up is 1, down is 0. Their last word holds. */
export interface Thumb {
  readonly up: boolean
  readonly by: string
  readonly reason?: string
}

/**
 * Keeps a person's thumb, for the run or the last of those that went on from it, and answers with its scores. Throws
 * `unknown_run`, `not_ended`.
 */
export async function giveThumb(
  ledger: Pick<Ledger, 'run' | 'scores'>,
  of: string,
  { up, by, reason }: Thumb,
): Promise<readonly ScoreRow[]> {
  const run = await lastOf(ledger as Ledger, of)
  if (run === null) throw new MidwatchError('unknown_run', `There is no run ${of}; 'midwatch ps' lists them.`)
  const { runId } = run
  const said = { runId, name: THUMB, value: up ? 1 : 0, by: 'person', who: by, ...(reason && { reason }) } as const
  const { code } = await ledger.scores.add(said)
  if (code === 'not_ended')
    throw new MidwatchError(
      'not_ended',
      `Run ${runId} has not ended: there is nothing to score yet. Wait for its outcome.`,
    )
  return ledger.scores.of({ runId })
}
