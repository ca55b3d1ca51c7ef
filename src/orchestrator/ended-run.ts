import type { Entry } from '../core/entries.js'
import type { JsonValue } from '../core/json.js'
import type { Ledger } from '../core/ledger.js'
import { ownerOf } from '../core/owner.js'
import type { RunRow } from '../core/run-row.js'
import type { Outcome } from '../core/states.js'
import { readBody } from './bodies.js'

/** How many of the last entries are looked at first for a run's end. */
const LAST_ENTRIES = 4

/**
 * How an ended run ended. The end stands last but for what reconciliation wrote after it: the whole journal is read only when
 * it is further back.
 */
export async function outcomeOfEnded(ledger: Ledger, run: RunRow): Promise<Outcome<JsonValue>> {
  const { runId } = run
  const last = await ledger.journal({ runId, from: Math.max(1, run.headSeq - LAST_ENTRIES + 1) })
  const end = endIn(last) ?? endIn(await ledger.journal({ runId }))
  return outcomeIn(end?.body ?? null)
}

function outcomeIn(body: string | null): Outcome<JsonValue> {
  return outcomeFrom(body) ?? { status: 'failed', code: 'erased', owner: 'store' }
}

/** The outcome in the body of an end; failures that were written before they named their owner get the one of their code. */
export function outcomeFrom(body: string | null): Outcome<JsonValue> | null {
  const { outcome } = readBody<{ outcome: Outcome<JsonValue> }>(body)
  if (outcome?.status !== 'failed') return outcome ?? null
  return { ...outcome, owner: outcome.owner ?? ownerOf(outcome.code) }
}

const endIn = (entries: readonly Entry[]): Entry | undefined => entries.find((entry) => entry.kind === 'end')

/** How many runs ended, read at once, in their order. A run that has not ended counts as erased. */
export async function outcomesOfEnded(ledger: Ledger, runIds: readonly string[]): Promise<Outcome<JsonValue>[]> {
  const bodies = new Map((await ledger.ends({ runIds })).map(({ runId, body }) => [runId, body]))
  return runIds.map((runId) => outcomeIn(bodies.get(runId) ?? null))
}

/** The run, or the last of those that went on from it. */
export async function lastOf(ledger: Ledger, runId: string): Promise<RunRow | null> {
  let run = await ledger.run({ runId })
  while (run !== null && run.continuedAs !== null) run = await ledger.run({ runId: run.continuedAs })
  return run
}
