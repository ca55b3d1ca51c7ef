import type { EffectRow } from '../core/effect-row.js'
import type { JsonValue } from '../core/json.js'
import type { Ledger } from '../core/ledger.js'
import { readBody, type SettleBody } from './bodies.js'
import type { Intent } from './journal.js'

export type Verdict = { readonly did: 'performed'; readonly output: JsonValue } | { readonly did: 'not_performed' }

/** What came late for an attempt, from a worker that no longer held its run. */
async function receiptOf(ledger: Ledger, runId: string, ref: number): Promise<Verdict | null> {
  const all = await ledger.evidence({ runId })
  for (const e of all.filter((x) => x.ref === ref)) {
    if (e.did === 'performed') return { did: 'performed', output: outputOf(e.body) }
    if (e.did === 'not_performed') return { did: 'not_performed' }
  }
  return null
}

/** Result of a confirmed effect, by the entry that the ledger names: its settlement, or a begin that a receipt confirmed. */
export async function confirmedResult(ledger: Ledger, at: { runId: string; seq: number }): Promise<JsonValue> {
  const [entry] = await ledger.journal({ runId: at.runId, from: at.seq, limit: 1 })
  if (entry?.kind !== 'begin') return outputOf(entry?.body ?? null)
  const receipt = await receiptOf(ledger, at.runId, at.seq)
  return receipt?.did === 'performed' ? receipt.output : null
}

/** What is known of a doubt by receipts alone: one for itself, or one for another attempt at the very same effect. */
export async function knownOf(ledger: Ledger, runId: string, intent: Intent, row: EffectRow): Promise<Verdict | null> {
  const own = await receiptOf(ledger, runId, intent.seq)
  if (own || row.acted === null || row.acted.args !== intent.effect?.args) return own
  return { did: 'performed', output: await confirmedResult(ledger, row.acted) }
}

function outputOf(body: string | null): JsonValue {
  const { final } = readBody<SettleBody>(body)
  return (final && 'output' in final ? final.output : null) as JsonValue
}
