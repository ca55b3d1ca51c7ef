import type { Answer } from '../core/ops.js'
import type { Intent } from './journal.js'
import type { Stop } from './stop.js'
import type { Stopwatch } from './stopwatch.js'

/** An attempt that the ledger granted. */
export interface Granted {
  readonly granted: true
  readonly intent: Intent
  /** Aborts the attempt. */
  readonly stop: Stop
  readonly boundMs: number
  readonly watch: Stopwatch
  /** The round of its breaker that it is a probe of. */
  readonly probe: number | undefined
}
/** `late`: it was granted, but the answer came after the worker's own bound; it is settled as not performed. */
export interface Refused {
  readonly granted: false
  readonly late: boolean
  readonly step: string
  readonly answer: Answer
}
