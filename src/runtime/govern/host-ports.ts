import type { Entropy } from '../../core/ids.js'
import type { Ledger } from '../../core/ledger.js'
import type { Clock } from '../../core/time.js'
import type { Wakes } from '../../orchestrator/handle.js'
import type { Stretch } from '../../orchestrator/stretch-end.js'

/** Governed runs wait in a queue that nobody takes from unasked: only whoever drives one can work it. */
export const GOVERNED_QUEUE = 'governed'

/** What a runtime lends to the loops that it governs. */
export interface HostPorts {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly wakes: Wakes
  readonly entropy: Entropy
  /** Takes a run by its id and works it; null when it is not due, or another has it. */
  readonly advance: (runId: string) => Promise<Stretch | null>
  readonly alarm: (what: string) => void
}
