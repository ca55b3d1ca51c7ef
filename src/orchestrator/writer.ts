import type { Entropy } from '../core/ids.js'
import { canonical, inOrder } from '../core/json.js'
import type { Answer, AuditOp, BeginOp, DoubtOp, EndOp, NoteOp, Op, ParkOp, SettleOp } from '../core/ops.js'
import type { Batcher } from '../ledger/batcher.js'

type Bare<T extends Op> = Omit<T, 'runId' | 'fence' | 'seq' | 'salt' | 'body'> & { readonly body: unknown }
/** An op before it has its place in the journal. */
export type Draft =
  | Bare<BeginOp>
  | Bare<DoubtOp>
  | Bare<SettleOp>
  | Bare<NoteOp>
  | Bare<ParkOp>
  | Bare<EndOp>
  | Bare<AuditOp>

export interface Written {
  readonly answer: Answer
  readonly seq: number
}

/** Who hears what was written, and what the ledger said to it. */
export interface Hearer {
  /** False: nobody is told anything. */
  readonly on: boolean
  /** Monotonic ms. */
  now(): number
  /** `since`: when it was written. Called before whoever waits for the answer goes on. */
  heard(draft: Draft, written: Written, body: string, since: number): void
}

interface Queued {
  readonly draft: Draft
  readonly body: string
  /** When it was written, if anybody hears of it. */
  readonly since: number
  readonly done: (written: Written) => void
}

/** Codes after which this worker no longer holds the run, or its picture of the journal is wrong. */
const LOST: ReadonlySet<string> = new Set(['fenced', 'lease_lost', 'head_moved', 'no_run', 'ended', 'poison'])
/** Nothing follows these in the same group. */
const BARRIERS: ReadonlySet<string> = new Set(['begin', 'park', 'end', 'audit'])

/** Ops that may be refused while the run goes on: a begin, the verdict on a doubt, the expiry of a question, a message taken in. */
function mayBeRefused(draft: Draft): boolean {
  if (draft.kind === 'settle') return draft.saw !== undefined
  return (
    draft.kind === 'begin' || (draft.kind === 'note' && (draft.expires !== undefined || draft.absorbs !== undefined))
  )
}

/**
 * The one hand that appends to a run's journal. Ops keep their order; a group goes as one submission and ends at the first
 * op that may be refused, so that a settle rides with the next begin: one commit for a step, not two.
 */
export class Writer {
  #queue: Queued[] = []
  #busy = false
  #scheduled = false
  #closed = false
  #flushed: (() => void)[] = []

  constructor(
    private readonly ports: {
      batcher: Pick<Batcher, 'submitSoon'>
      entropy: Entropy
      conceal: (text: string) => string
      hearer?: Hearer
    },
    private readonly runId: string,
    private fence: number,
    private head: number,
    private readonly lost: (answer: Answer) => void,
  ) {}

  /** Goes on under a new claim. */
  renew(fence: number, head: number): void {
    this.fence = fence
    this.head = head
    this.#closed = false
  }

  /** Nothing more is written; what waits is never answered. */
  close(): void {
    this.#closed = true
    this.#queue = []
    this.#rest()
  }

  /** True when everything that was written has its answer. */
  get idle(): boolean {
    return !this.#busy && !this.#scheduled
  }

  /** Resolves once everything that was written has its answer, or never will have one. */
  flushed(): Promise<void> {
    return this.idle || this.#closed ? Promise.resolve() : new Promise((done) => this.#flushed.push(done))
  }

  #rest(): void {
    for (const done of this.#flushed.splice(0)) done()
  }

  /** What a replay will find: a copy as JSON, its fields in canonical order, without secrets. Throws for what is no JSON. */
  told<T>(value: T): { readonly value: T; readonly text: string } {
    const copy = inOrder(value)
    const plain = canonical(copy)
    const text = this.ports.conceal(plain)
    return { value: (text === plain ? copy : JSON.parse(text)) as T, text }
  }

  /**
   * Resolves with the ledger's answer. Never resolves once the run is lost. Throws at once for a body that is no JSON; one
   * whose text is known already is not made into text again.
   */
  write(draft: Draft, body = this.ports.conceal(canonical(draft.body))): Promise<Written> {
    return new Promise((done) => {
      if (this.#closed) return
      const { hearer } = this.ports
      this.#queue.push({ draft, body, done, since: hearer?.on ? hearer.now() : 0 })
      if (this.#busy || this.#scheduled) return
      this.#send()
    })
  }

  /** What is written within this turn of the event loop goes along. */
  #send(): void {
    this.#scheduled = true
    let group: readonly Queued[] = []
    const take = () => {
      this.#scheduled = false
      this.#busy = true
      group = this.#closed ? [] : this.#take()
      return group.map((queued, i) => this.#stamp(queued, this.head + 1 + i))
    }
    this.ports.batcher.submitSoon(take).then(
      (answers) => this.#heard(group, answers),
      () => this.#broken(),
    )
  }

  #heard(group: readonly Queued[], answers: readonly Answer[]): void {
    this.#hear(group, answers)
    this.#busy = false
    if (this.#queue.length > 0 && !this.#closed) this.#send()
    else this.#rest()
  }

  /** The ledger can never take these ops (it is closed, or this worker stops): the run is left to its next claim. */
  #broken(): void {
    this.#busy = false
    this.close()
    this.lost({ code: 'fenced', at: 0 })
  }

  /** Up to and with the first op that may be refused. */
  #take(): Queued[] {
    const stop = this.#queue.findIndex(({ draft }) => BARRIERS.has(draft.kind) || mayBeRefused(draft))
    return this.#queue.splice(0, stop === -1 ? this.#queue.length : stop + 1)
  }

  #stamp({ draft, body }: Queued, seq: number): Op {
    return { ...draft, runId: this.runId, fence: this.fence, seq, salt: this.ports.entropy.salt(), body } as Op
  }

  #hear(group: readonly Queued[], answers: readonly Answer[]): void {
    for (let i = 0; i < group.length; i += 1) {
      const [queued, answer] = [group[i], answers[i]]
      if (!queued || !answer || this.#closed) return
      const { draft, done, body, since } = queued
      const written = answer.code === 'ok' || answer.code === 'already'
      if (written) this.head += 1
      else if (LOST.has(answer.code) || !mayBeRefused(draft)) {
        this.close()
        this.lost(answer)
        return
      }
      const told = { answer, seq: this.head }
      if (this.ports.hearer?.on) this.ports.hearer.heard(draft, told, body, since)
      done(told)
    }
  }
}
