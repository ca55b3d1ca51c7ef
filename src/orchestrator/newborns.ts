import type { Ledger } from '../core/ledger.js'
import type { Claimed } from '../core/run-row.js'
import type { Folded } from './journal.js'

/** Longest body that is remembered, and of how many runs. */
const BODY_CHARS = 16_000
const RUNS = 1_024

/**
 * What this process itself wrote into the journals of runs that it admitted, until it takes them up: the first claim of one need
 * not read what is known. Forgetting one is harmless.
 */
export class Newborns {
  readonly #bodies = new Map<string, string>()

  admitted(runId: string, body: string): void {
    if (body.length > BODY_CHARS) return
    this.#bodies.set(runId, body)
    const [oldest] = this.#bodies.keys()
    if (this.#bodies.size > RUNS && oldest !== undefined) this.#bodies.delete(oldest)
  }

  /** The journal of a run that was claimed for the first time, and in which nothing else stands. */
  journal({ run, at }: Claimed): readonly Folded[] | null {
    const body = this.#bodies.get(run.runId)
    this.#bodies.delete(run.runId)
    if (body === undefined || run.claims !== 1 || run.headSeq !== 2 || run.state !== 'running') return null
    return [
      { seq: 1, kind: 'admit', fence: 0, at: run.createdAt, ref: null, facts: {}, body },
      { seq: 2, kind: 'claim', fence: run.fence, at, ref: null, facts: {}, body: '{}' },
    ]
  }
}

/** The journal of a claimed run: read, where it is not known. */
export async function journalOf(
  { ledger, newborns }: { readonly ledger: Pick<Ledger, 'journal'>; readonly newborns?: Newborns },
  claimed: Claimed,
): Promise<readonly Folded[]> {
  return newborns?.journal(claimed) ?? ledger.journal({ runId: claimed.run.runId })
}
