import pg from 'pg'
import type { Ledger } from '../../src/core/ledger.js'
import type { Op } from '../../src/core/ops.js'
import { Hand } from '../../src/testing/conformance/hand.js'
import { Scene } from '../../src/testing/conformance/scene.js'

/** Steps of one batch; runs that are admitted, claimed and ended at a time. */
const BATCH = 10
const MANY = 100

/** Runs that are written to at a steady pace, by several connections, while other transactions commit late. */
export class BusyLedger {
  readonly hands: Hand[] = []
  readonly #open = new Map<Hand, number>()
  readonly #scene: Scene
  #late: pg.Client | null = null
  /** Steps written, and transactions that committed late. */
  steps = 0
  lateCommits = 0

  constructor(
    private readonly ledger: Ledger,
    private readonly url: string,
  ) {
    this.#scene = new Scene({ ledger, advance: async () => undefined, close: async () => undefined })
  }

  async admit(count: number): Promise<void> {
    const workerId = await this.#scene.worker({ leaseMs: 86_400_000 })
    const wanted = Array.from({ length: count }, () => this.#scene.admission({ deadlineMs: 86_400_000 }))
    for (let n = 0; n < count; n += MANY) await this.ledger.admitAll(wanted.slice(n, n + MANY))
    while (this.hands.length < count) {
      const claimed = await this.ledger.claim({ workerId, limit: MANY })
      this.hands.push(...claimed.map(({ run }) => new Hand(this.ledger, run)))
    }
  }

  /** A step is a settle and the next begin of one run, as a worker writes it. */
  async write(p: { readonly stepsPerSecond: number; readonly seconds: number }): Promise<void> {
    const total = p.stepsPerSecond * p.seconds
    const begun = performance.now()
    const late = this.#commitLate(() => this.steps < total)
    const flying = new Set<Promise<void>>()
    for (let sent = 0; sent < total; sent += BATCH) {
      // Of one run only one batch is on its way.
      if (flying.size >= Math.min(4, Math.floor(this.hands.length / BATCH))) await Promise.all(flying)
      const some = Array.from({ length: BATCH }, (_, i) => this.hands[(sent + i) % this.hands.length])
      const batch = this.#batch([...new Set(some)].filter((hand) => hand !== undefined)).finally(() =>
        flying.delete(batch),
      )
      flying.add(batch)
      const dueAt = begun + ((sent + BATCH) / p.stepsPerSecond) * 1_000
      const ms = dueAt - performance.now()
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms))
    }
    await Promise.all(flying)
    this.steps = total
    await late
  }

  /** Ends every run, and admits a last one, of which everybody hears at the end. Answers with its id. */
  async end(): Promise<string> {
    for (let n = 0; n < this.hands.length; n += MANY) {
      const ops = this.hands.slice(n, n + MANY).flatMap((hand): Op[] => {
        const ref = this.#open.get(hand)
        const settled = ref === undefined ? [] : [hand.settle(ref)]
        return [...settled, { ...hand.end(), seq: hand.head + settled.length + 1 }]
      })
      await this.#apply(ops)
    }
    return this.#scene.admit()
  }

  async #batch(hands: readonly Hand[]): Promise<void> {
    const ops = hands.flatMap((hand): Op[] => {
      const ref = this.#open.get(hand)
      const settled = ref === undefined ? [] : [hand.settle(ref)]
      const begin = { ...hand.begin(), seq: hand.head + settled.length + 1 }
      hand.head = begin.seq
      this.#open.set(hand, begin.seq)
      return [...settled, begin]
    })
    await this.#apply(ops)
    this.steps += hands.length
  }

  async #apply(ops: readonly Op[]): Promise<void> {
    for (const { code } of await this.ledger.apply(ops)) {
      if (code !== 'ok') throw new Error(`an op was answered ${code}`)
    }
  }

  /** Again and again a transaction that has its number and waits, while others with higher ones commit. */
  async #commitLate(goesOn: () => boolean): Promise<void> {
    this.#late = new pg.Client(this.url)
    await this.#late.connect()
    while (goesOn()) {
      const { body, ...head } = this.#scene.admission()
      await this.#late.query('begin')
      await this.#late.query('select midwatch.admit($1, $2)', [JSON.stringify(head), body])
      await this.#late.query('select pg_sleep(0.15)')
      await this.#late.query('commit')
      this.lateCommits += 1
    }
    await this.#late.end()
  }
}
