import { MidwatchError } from '../core/errors.js'
import type { Ledger } from '../core/ledger.js'
import { LIMITS } from '../core/limits.js'
import type { Answer, Op } from '../core/ops.js'
import type { Clock } from '../core/time.js'

interface Waiting {
  readonly ops: readonly Op[]
  readonly bytes: number
  readonly done: (answers: Answer[]) => void
  readonly failed: (error: unknown) => void
}

/**
 * Group commit: while one batch is in flight the next fills and goes as one `apply`. A batch whose answer was lost is sent
 * again, unchanged, until there is one: the ledger tells a twin from a stale writer.
 */
export class Batcher {
  #queue: Waiting[] = []
  #busy = false
  #closed = false
  #away = false

  constructor(
    private readonly ledger: Pick<Ledger, 'apply'>,
    private readonly clock: Clock,
  ) {}

  /** True while the ledger cannot be reached: nothing new begins. */
  get away(): boolean {
    return this.#away
  }

  /** One answer for each op, in order. Rejects only for a fault that sending again cannot mend. */
  submit(ops: readonly Op[]): Promise<Answer[]> {
    return new Promise((done, failed) => {
      const bytes = ops.reduce((sum, op) => sum + op.body.length, 0)
      this.#queue.push({ ops, bytes, done, failed })
      if (!this.#busy) void this.#drain()
    })
  }

  /** Gives up batches that cannot be delivered; for a worker that stops while the ledger is away. */
  close(): void {
    this.#closed = true
  }

  async #drain(): Promise<void> {
    this.#busy = true
    while (this.#queue.length > 0) {
      const batch = this.#take()
      try {
        const answers = await this.#send(batch.flatMap((w) => w.ops))
        let from = 0
        for (const waiting of batch) {
          waiting.done(answers.slice(from, from + waiting.ops.length))
          from += waiting.ops.length
        }
      } catch (error) {
        for (const waiting of batch) waiting.failed(error)
      }
    }
    this.#busy = false
  }

  #take(): Waiting[] {
    let ops = 0
    let bytes = 0
    let n = 0
    for (const waiting of this.#queue) {
      ops += waiting.ops.length
      bytes += waiting.bytes
      if (n > 0 && (ops > LIMITS.batch_ops || bytes > LIMITS.batch_bytes)) break
      n += 1
    }
    return this.#queue.splice(0, n)
  }

  async #send(ops: readonly Op[]): Promise<Answer[]> {
    for (let tries = 0; ; tries += 1) {
      try {
        const answers = await this.ledger.apply(ops)
        this.#away = false
        return answers
      } catch (error) {
        const again = error instanceof MidwatchError && error.retryable && !this.#closed
        if (!again) throw error
        this.#away = true
        await this.clock.sleep(Math.min(50 * 2 ** tries, 1_000))
      }
    }
  }
}
