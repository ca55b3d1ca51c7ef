import type { Ledger } from '../core/ledger.js'
import type { TraceContext } from '../core/trace.js'

/** The trace that a run was admitted with, as its first entry says; undefined where there was none, or nothing can be read. */
export async function admittedWith(ledger: Pick<Ledger, 'journal'>, runId: string): Promise<TraceContext | undefined> {
  try {
    const [first] = await ledger.journal({ runId, from: 1, limit: 1 })
    const { trace } = JSON.parse(first?.body || '{}') as { trace?: TraceContext }
    return trace
  } catch {
    return undefined
  }
}
