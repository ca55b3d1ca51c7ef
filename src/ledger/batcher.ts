import { MidwatchError } from '../core/errors.js'
import type { Ledger } from '../core/ledger.js'
import { LIMITS } from '../core/limits.js'
import { NOBODY, type Observers } from '../core/observers.js'
import type { Answer, Op } from '../core/ops.js'
import type { Clock } from '../core/time.js'

interface Answered {
  readonly done: (answers: Answer[]) => void
  readonly failed: (error: unknown) => void
}

/** Ops with a place in the queue. */
interface Waiting extends Answered {
  readonly ops: readonly Op[]
  readonly bytes: number
}

/** Somebody who will say at the boarding what goes along. */
interface Coming extends Answered {
  readonly take: () => readonly Op[]
}

/** Batches under way at once: while the database works one, this process makes the other and hears the one before. */
const AT_ONCE = 2
/** A batch has a price of its own, so that a second one sets out only when so many submissions wait for it. */
const WORTH_A_BATCH = 16
/**
 * Or when the one in flight takes longer than its like, by what it carries: it waits for a lock, most likely. Nobody waits
 * for it then. A large batch is given its time: a few that set out beside it would hold up the many that come back.
 */
const LATE_MS = 20
const EACH_LATE_MS = 0.25

/**
 * Group commit: what is submitted while a batch is in flight goes as the next `apply`, once that one is back or late. A batch
 * whose answer was lost is sent again, unchanged, until there is one: the ledger tells a twin from a stale writer. Submissions
 * are independent of each other: a run has at most one, for its writer waits for the answers, so the order of batches means
 * nothing.
 */
export class Batcher {
  #queue: Waiting[] = []
  #coming: Coming[] = []
  /** Batches in flight, and the submissions in them. */
  #batches = 0
  #aboard = 0
  /** When the last of them set out, on the monotonic clock. */
  #departed = 0
  /** Calls off the look at whether that one is late. */
  #dismiss: (() => void) | null = null
  #boarding = false
  #closed = false
  #away = false

  constructor(
    private readonly ledger: Pick<Ledger, 'apply'>,
    private readonly clock: Clock,
    private readonly observers: Observers = NOBODY,
  ) {}

  /** True while the ledger cannot be reached: nothing new begins. */
  get away(): boolean {
    return this.#away
  }

  /** One answer for each op, in order. Rejects only for a fault that sending again cannot mend. */
  submit(ops: readonly Op[]): Promise<Answer[]> {
    return new Promise((done, failed) => {
      this.#enqueue(ops, { done, failed })
      this.#board()
    })
  }

  /** The same for ops that are taken at the boarding, a turn of the event loop from now: what comes up until then goes along. */
  submitSoon(take: () => readonly Op[]): Promise<Answer[]> {
    return new Promise((done, failed) => {
      this.#coming.push({ take, done, failed })
      this.#board()
    })
  }

  #enqueue(ops: readonly Op[], { done, failed }: Answered): void {
    let bytes = 0
    for (const op of ops) bytes += op.body.length
    if (ops.length === 0) done([])
    else this.#queue.push({ ops, bytes, done, failed })
  }

  /** Gives up batches that cannot be delivered; for a worker that stops while the ledger is away. */
  close(): void {
    this.#closed = true
  }

  /** Everyone whom this turn of the event loop sets going comes along: else the first would travel alone. */
  #board(): void {
    if (this.#boarding) return
    this.#boarding = true
    this.clock.soon(() => {
      this.#boarding = false
      for (const { take, ...answered } of this.#coming.splice(0)) this.#enqueue(take(), answered)
      while (this.#mayDepart()) void this.#fly(this.#take())
      if (this.#queue.length > 0 && this.#batches < AT_ONCE) this.#watchForLate()
    })
  }

  #watchForLate(): void {
    this.#dismiss ??= this.clock.timer(Math.max(1, this.#lateMs() - this.#aloftMs()), () => {
      this.#dismiss = null
      this.#board()
    })
  }

  #lateMs(): number {
    return LATE_MS + EACH_LATE_MS * this.#aboard
  }

  #aloftMs(): number {
    return this.clock.monotonic() - this.#departed
  }

  #mayDepart(): boolean {
    if (this.#queue.length === 0 || this.#batches >= AT_ONCE) return false
    return this.#batches === 0 || this.#queue.length >= WORTH_A_BATCH || this.#aloftMs() >= this.#lateMs()
  }

  async #fly(batch: readonly Waiting[]): Promise<void> {
    this.#batches += 1
    this.#aboard += batch.length
    this.#departed = this.clock.monotonic()
    try {
      const [first] = batch
      const ops = first && batch.length === 1 ? first.ops : batch.flatMap((w) => w.ops)
      const answers = await this.#send(ops, batch.length)
      let from = 0
      for (const waiting of batch) {
        waiting.done(answers.slice(from, from + waiting.ops.length))
        from += waiting.ops.length
      }
    } catch (error) {
      for (const waiting of batch) waiting.failed(error)
    }
    this.#batches -= 1
    this.#dismiss?.()
    this.#dismiss = null
    this.#aboard -= batch.length
    // Whoever goes on from these answers comes before the boarding: together with those who wait, not behind them.
    if (this.#queue.length > 0) this.#board()
  }

  /** An even share of all there is, so that the batches take turns; never more than one may hold. */
  #take(): Waiting[] {
    const share = Math.max(WORTH_A_BATCH, Math.ceil((this.#queue.length + this.#aboard) / AT_ONCE))
    let ops = 0
    let bytes = 0
    let n = 0
    for (const waiting of this.#queue) {
      ops += waiting.ops.length
      bytes += waiting.bytes
      if (n > 0 && (n >= share || ops > LIMITS.batch_ops || bytes > LIMITS.batch_bytes)) break
      n += 1
    }
    return this.#queue.splice(0, n)
  }

  async #send(ops: readonly Op[], groups: number): Promise<Answer[]> {
    const { on } = this.observers
    const since = on ? this.clock.monotonic() : 0
    for (let tries = 0; ; tries += 1) {
      try {
        const answers = await this.ledger.apply(ops)
        this.#away = false
        if (on) this.#tell(ops.length, groups, tries + 1, since)
        return answers
      } catch (error) {
        const again = error instanceof MidwatchError && error.retryable && !this.#closed
        if (!again) throw error
        this.#away = true
        await this.clock.sleep(Math.min(50 * 2 ** tries, 1_000))
      }
    }
  }

  #tell(ops: number, groups: number, tries: number, since: number): void {
    const tookMs = this.clock.monotonic() - since
    this.observers.tell({ kind: 'batch.applied', ops, groups, tries, tookMs })
  }
}
