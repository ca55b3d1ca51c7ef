import type { EffectState } from './states.js'
import type { EpochMs } from './time.js'

/** What is known of an effect, under its key. */
export interface EffectRow {
  readonly tenant: string
  readonly tool: string
  /** HMAC of the key, by the ledger's secret. */
  readonly key: string
  /** Digest of its arguments. */
  readonly args: string
  readonly state: EffectState
  readonly attempt: number
  readonly evidence: number
  readonly runId: string
  /** The begin of the present attempt, the settle that confirmed it, or the begin that a receipt confirmed. */
  readonly seq: number
  readonly actsUntil: EpochMs
  /** Attempts up to this one were taken back; what is still heard of them counts no more. */
  readonly undone: number
  /** An attempt that is known to have acted while the present one is not settled: the key cannot get free again. */
  readonly acted: { readonly runId: string; readonly seq: number; readonly args: string } | null
}
