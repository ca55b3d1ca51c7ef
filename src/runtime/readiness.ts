import { MidwatchError } from '../core/errors.js'
import type { Ledger } from '../core/ledger.js'
import type { Clock } from '../core/time.js'
import type { Pulse } from '../services/worker.js'

/** Whether a process can take work. */
export interface Readiness {
  /** Whether it works runs itself. */
  readonly worker: boolean
  /** What it lacks, a few words each; nothing when it is ready. */
  readonly missing: readonly string[]
}

/** How long the ledger has for its answer. */
const ANSWER_MS = 2_000
const NO_ANSWER = 'the ledger does not answer'

/** Asks the ledger, and feels the worker's pulse; null where none works here. Never throws. */
export async function readinessOf(ledger: Ledger, clock: Clock, pulse: Pulse | null): Promise<Readiness> {
  const missing: string[] = []
  const fault = await faultIn(ledger, clock)
  if (fault !== null) missing.push(fault)
  // It beats four times in a lease: two were lost.
  if (pulse !== null && pulse.silentMs > pulse.leaseMs / 2) missing.push('the worker is behind with its lease')
  if (pulse !== null && !pulse.mayBegin) missing.push('the worker begins nothing: it is stopping, or its clock is off')
  return { worker: pulse !== null, missing }
}

async function faultIn(ledger: Ledger, clock: Clock): Promise<string | null> {
  const stop = new AbortController()
  const late = clock.sleep(ANSWER_MS, stop.signal).then(() => NO_ANSWER)
  try {
    return await Promise.race([ledger.check().then(() => null, wordsOf), late])
  } finally {
    stop.abort()
  }
}

function wordsOf(error: unknown): string | null {
  const code = error instanceof MidwatchError ? error.code : ''
  if (error instanceof MidwatchError && code === 'unreconciled') return error.message
  // It was opened under an older one, and migrations take nothing away: it works on until the deploy gets to it.
  if (code === 'ledger_schema_newer') return null
  return code.startsWith('ledger_schema') ? 'the schema of the ledger is not the one of this version' : NO_ANSWER
}
