import type { Entropy } from '../core/ids.js'
import { LIMITS } from '../core/limits.js'
import type { Claimed } from '../core/run-row.js'
import type { Clock } from '../core/time.js'
import type { Batcher } from '../ledger/batcher.js'
import type { NoteBody } from './bodies.js'

/**
 * Runs of a worker that several workers died over, one after the other. One of them crashes its workers, perhaps, and the rest were
 * merely held by the same ones. So they are worked one at a time: who dies then died over the one whose turn it was.
 */
export class Suspects {
  #last: Promise<void> = Promise.resolve()

  constructor(private readonly clock: Pick<Clock, 'sleep'>) {}

  /** Resolves when it is one's turn; what it resolves with passes the turn on. After `alone_ms` it passes on by itself. */
  async turn(): Promise<() => void> {
    const before = this.#last
    const over = new AbortController()
    this.#last = before.then(() => this.clock.sleep(LIMITS.alone_ms, over.signal))
    await before
    return () => over.abort()
  }
}

/**
 * Writes down that the claimed run is worked alone from here on, before anything of it is. The claim as it is then; null when the
 * run is no longer this worker's.
 */
export async function markAlone(
  { batcher, entropy }: { readonly batcher: Pick<Batcher, 'submitSoon'>; readonly entropy: Pick<Entropy, 'salt'> },
  claimed: Claimed,
): Promise<Claimed | null> {
  const { run } = claimed
  const { runId, fence } = run
  const body: NoteBody = { about: 'alone' }
  const seq = run.headSeq + 1
  const op = { kind: 'note', runId, fence, seq, salt: entropy.salt(), body: JSON.stringify(body) } as const
  const [answer] = await batcher.submitSoon(() => [op])
  return answer?.code === 'ok' || answer?.code === 'already' ? { ...claimed, run: { ...run, headSeq: seq } } : null
}
