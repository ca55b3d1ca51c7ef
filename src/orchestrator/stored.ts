import { bytesBeyond, canonical, type JsonValue } from '../core/json.js'
import type { Ledger } from '../core/ledger.js'
import { LIMITS } from '../core/limits.js'
import type { Secrets } from '../tools/secrets.js'
import { completed, type StepResult } from './result.js'

/** What a journal holds of a value that was too large for it: the words rest in the ledger as a blob. */
export type Stored = {
  /** SHA-256 of the blob's text, by which the ledger finds it. */
  readonly blob: string
  /** Of its JSON text. */
  readonly bytes: number
  /** The first characters: of a text itself, else of the JSON. */
  readonly head: string
}

/** A run whose large values are kept. */
interface Keeper {
  readonly engine: { readonly ledger: Pick<Ledger, 'putBlob' | 'blob'>; readonly secrets: Pick<Secrets, 'conceal'> }
  readonly run: { readonly runId: string; readonly tenant: string }
  /** Values that were stored just now, until the flow has been given them. */
  readonly whole: Map<string, JsonValue>
}

const DIGEST = /^[0-9a-f]{64}$/

/** True for what stands in a journal for a stored value. Nothing else that a tool gives looks like it: that is stored too. */
export function isStored(value: unknown): value is Stored {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 3) return false
  const { blob, bytes, head } = value as Partial<Stored>
  return typeof blob === 'string' && DIGEST.test(blob) && typeof bytes === 'number' && typeof head === 'string'
}

/**
 * The value as the journal will hold it: as it is, or stored once and named. A ledger that is away just now takes the value
 * in the entry itself, later: what was done must not be in doubt for want of a place.
 */
export async function keepShort(run: Keeper, value: JsonValue): Promise<JsonValue> {
  const bytes = bytesBeyond(LIMITS.spill_bytes, value) ?? (isStored(value) ? Buffer.byteLength(canonical(value)) : null)
  if (bytes === null) return value
  const text = run.engine.secrets.conceal(canonical(value))
  // It begins with the run: a blob is one run's alone, and goes when that run's words are erased.
  const { tenant, runId } = run.run
  const blob = { tenant, runId, text: `${runId}\n${text}` }
  const stored = await run.engine.ledger.putBlob(blob).catch(() => null)
  if (stored === null) return value
  run.whole.set(stored.digest, JSON.parse(text) as JsonValue)
  return { blob: stored.digest, bytes, head: words(JSON.parse(text) as JsonValue).slice(0, LIMITS.spill_head_chars) }
}

/** The value itself; null where it was erased. */
export async function storedValue(run: Keeper, { blob }: Stored): Promise<JsonValue> {
  const known = run.whole.get(blob)
  if (known !== undefined) return known
  const text = await run.engine.ledger.blob({ tenant: run.run.tenant, digest: blob })
  return text === null ? null : (JSON.parse(text.slice(text.indexOf('\n') + 1)) as JsonValue)
}

/** A step's result with its whole value, as a flow is given it: live as in replay. */
export function wholeResult(run: Keeper, result: StepResult): StepResult | Promise<StepResult> {
  if (result.status !== 'completed' || !isStored(result.output)) return result
  const { output } = result
  return storedValue(run, output).then((value) => {
    run.whole.delete(output.blob)
    return completed(value)
  })
}

/** What is read of a value, by place and length: a text itself, else its JSON. */
export function words(value: JsonValue): string {
  return typeof value === 'string' ? value : canonical(value)
}
