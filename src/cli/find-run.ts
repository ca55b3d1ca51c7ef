import { MidwatchError } from '../core/errors.js'
import type { Ledger } from '../core/ledger.js'
import type { RunRow } from '../core/run-row.js'

const SHORTEST = 6
/** Suffixes are looked for among this many newest runs: there is no index on how an id ends. */
const NEWEST = 5_000
const SHOWN = 5

/**
 * The run of an id, or of a part of one that begins or ends it and fits no other. Throws `unknown_run`, and `usage` for a
 * part that is too short or fits several.
 */
export async function findRun(ledger: Ledger, id: string): Promise<RunRow> {
  const exact = await ledger.run({ runId: id })
  if (exact) return exact
  if (id.length < SHORTEST) {
    throw new MidwatchError(
      'unknown_run',
      `There is no run '${id}'; a part of an id has at least ${SHORTEST} characters.`,
    )
  }
  const byStart = (await ledger.runs({ after: id, limit: SHOWN })).filter((run) => run.runId.startsWith(id))
  const found = byStart.length > 0 ? byStart : await endingIn(ledger, id)
  const [run, other] = found
  if (!run) throw new MidwatchError('unknown_run', `There is no run '${id}'; 'midwatch ps --all' lists them.`)
  if (other) {
    const ids = found.slice(0, SHOWN).map((one) => one.runId)
    throw new MidwatchError('usage', `'${id}' fits several runs: ${ids.join(', ')}.`)
  }
  return run
}

/** That run, or the last of those that went on from it: what is stopped is what is at work. */
export async function findLast(ledger: Ledger, id: string): Promise<RunRow> {
  const run = await findRun(ledger, id)
  return run.continuedAs === null ? run : findLast(ledger, run.continuedAs)
}

async function endingIn(ledger: Ledger, id: string): Promise<RunRow[]> {
  return (await ledger.runs({ limit: NEWEST })).filter((run) => run.runId.endsWith(id))
}
