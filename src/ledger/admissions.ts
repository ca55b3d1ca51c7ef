import type { Admission, Admitted } from '../core/admission.js'
import { MidwatchError } from '../core/errors.js'
import type { Ledger } from '../core/ledger.js'
import { LIMITS } from '../core/limits.js'
import type { Clock } from '../core/time.js'

interface Waiting {
  readonly admission: Admission
  readonly done: (admitted: Admitted) => void
  readonly failed: (error: unknown) => void
}

/** Who hears of transactions that may make runs of a queue due. */
export interface AdmissionsHearer {
  /** One sets out. */
  sent(queue: string): void
  /** It made none due: its wake will not come. */
  withdrawn(queue: string): void
}

/**
 * Group commit for admissions: what comes up in one turn of the event loop, and what waits while others are under way, goes as
 * one transaction. A message of a session goes by itself, for it may wait for its session's lock.
 */
export class Admissions {
  #queue: Waiting[] = []
  #boarding = false
  #isUnderWay = false

  constructor(
    private readonly ledger: Pick<Ledger, 'admit' | 'admitAll'>,
    private readonly clock: Pick<Clock, 'soon'>,
    private readonly hearer: AdmissionsHearer,
  ) {}

  /** As `ledger.admit`, and throws what that throws. */
  admit(admission: Admission): Promise<Admitted> {
    if (admission.session !== null) return this.ledger.admit(admission)
    return new Promise((done, failed) => {
      this.#queue.push({ admission, done, failed })
      this.#board()
    })
  }

  #board(): void {
    if (this.#boarding || this.#isUnderWay) return
    this.#boarding = true
    this.clock.soon(() => {
      this.#boarding = false
      void this.#fly(this.#take())
    })
  }

  /** In the order of their keys: two processes that admit the same ones never wait for each other in a circle. */
  #take(): Waiting[] {
    let bytes = 0
    let n = 0
    for (const { admission } of this.#queue) {
      bytes += admission.body.length
      if (n > 0 && (n >= LIMITS.batch_ops || bytes > LIMITS.batch_bytes)) break
      n += 1
    }
    const name = ({ admission: { tenant, agent, key } }: Waiting) => (key === null ? '' : `${tenant}\n${agent}\n${key}`)
    return this.#queue.splice(0, n).sort((a, b) => (name(a) < name(b) ? -1 : 1))
  }

  async #fly(batch: readonly Waiting[]): Promise<void> {
    this.#isUnderWay = true
    try {
      const answers = await this.#send(batch.map(({ admission }) => admission))
      for (const [i, { done }] of batch.entries()) done(answers[i] as Admitted)
    } catch (error) {
      if (batch.length === 1 || isRetryable(error)) for (const { failed } of batch) failed(error)
      else await this.#apart(batch)
    }
    this.#isUnderWay = false
    if (this.#queue.length > 0) this.#board()
  }

  /** One that cannot be stored must not fail its neighbours. */
  async #apart(batch: readonly Waiting[]): Promise<void> {
    for (const { admission, done, failed } of batch) {
      await this.#send([admission]).then(([admitted]) => done(admitted as Admitted), failed)
    }
  }

  async #send(admissions: readonly Admission[]): Promise<readonly Admitted[]> {
    const queues = new Set(admissions.map(({ queue }) => queue))
    for (const queue of queues) this.hearer.sent(queue)
    const due = new Set<string>()
    try {
      const [first] = admissions
      const answers =
        first && admissions.length === 1 ? [await this.ledger.admit(first)] : await this.ledger.admitAll(admissions)
      for (const [i, { queue }] of admissions.entries()) if (answers[i]?.code === 'ok') due.add(queue)
      return answers
    } finally {
      for (const queue of queues) if (!due.has(queue)) this.hearer.withdrawn(queue)
    }
  }
}

const isRetryable = (error: unknown): boolean => error instanceof MidwatchError && error.retryable
