import type { Settlement } from '../core/entries.js'
import type { Answer, EffectClaim, NoteOp } from '../core/ops.js'
import type { BeginBody, DoubtBody, NoteBody, SettleBody } from './bodies.js'
import type { Fill } from './delivery.js'
import { type Intent, Journal } from './journal.js'
import type { LedgerTime } from './ledger-time.js'
import type { Draft, Writer } from './writer.js'

/** A body, and its text where that was made on the way. */
interface Stamped<T> {
  readonly value: T
  readonly text: string | undefined
}

export type BeginDraft = Omit<Extract<Draft, { kind: 'begin' }>, 'kind' | 'body'> & { readonly body: BeginBody }

/** What was used of one charge; null: its reservation. */
export type Used = (charge: Intent['charges'][number]) => number | null

function effectOf({ tool, key, args, undoes }: EffectClaim, attempt: number): Intent['effect'] {
  return undoes === undefined ? { tool, key, args, attempt } : { tool, key, args, attempt, undoes }
}

/** What a note does beside being written. */
type Also = Partial<Pick<NoteOp, 'count' | 'expires' | 'escalations' | 'absorbs' | 'state'>>

/** Meters that an attempt costs whether or not it acted. */
const ATTEMPT_METERS: ReadonlySet<string> = new Set(['steps', 'tool_calls', 'attempts', 'retries', 'active'])

/** A known non-act still cost the attempt, but not what the effect would have. */
const attemptOnly: Used = (charge) => (ATTEMPT_METERS.has(charge.meter) ? null : 0)

/**
 * The journal of a run that is being worked: each thing is written and folded at once, so that the flow goes on from what
 * was just written while it is on its way. Nothing is performed before the ledger has answered.
 */
export class Book {
  readonly journal = new Journal()

  constructor(
    readonly writer: Writer,
    private readonly time: LedgerTime,
    /** Takes the place of a step's result among those that are handed to the flow: the journal's order. */
    private readonly place: (step: string) => Fill,
  ) {}

  /** An attempt that the ledger granted. */
  granted(draft: BeginDraft, fence: number, answer: Answer, seq: number): Intent {
    const { effect, charges, step, attempt, body, supersedes } = draft
    const intent: Intent = {
      seq,
      step,
      attempt,
      body,
      charges,
      fence,
      at: answer.at,
      actsUntil: answer.actsUntil ?? answer.at,
      effect: effect ? effectOf(effect, answer.attempt ?? 1) : null,
      doubt: false,
      lost: false,
      superseded: false,
      settled: null,
    }
    this.journal.begin(intent, supersedes)
    return intent
  }

  /** The next begin may ride along: nothing waits for the answer here. */
  settle(intent: Intent, did: Settlement, body: SettleBody, used: Used): void {
    const amounts = intent.charges.map(used)
    const { value, text } = this.#stamped(body)
    const written = this.writer.write({ kind: 'settle', ref: intent.seq, did, used: amounts, body: value }, text)
    void written.then(({ seq }) => this.journal.placed(intent.seq, seq))
    this.#folded(intent, did, 0, amounts, value)
    if (value.final) this.place(intent.step)(value.final, value.at ?? 0)
  }

  /** The verdict on a doubt. False when the effect moved since it was looked at. */
  async resolve(
    intent: Intent,
    did: 'performed' | 'not_performed',
    body: SettleBody,
    saw: { attempt: number; evidence: number },
  ): Promise<boolean> {
    const used = intent.charges.map(did === 'performed' ? () => null : attemptOnly)
    const { value: stamped, text } = this.#stamped(body)
    const draft = { kind: 'settle', ref: intent.seq, did, used, saw, body: stamped } as const
    const written = this.writer.write(draft, text)
    const fill = stamped.final ? this.place(intent.step) : () => undefined
    const { answer, seq } = await written
    const taken = answer.code === 'ok' || answer.code === 'already'
    if (taken) this.#folded(intent, did, seq, used, stamped)
    fill(taken ? (stamped.final ?? null) : null, stamped.at ?? 0)
    return taken
  }

  /** The answer of an attempt was lost. */
  doubt(intent: Intent, why: string, more: Pick<DoubtBody, 'message' | 'since'> = {}): void {
    const body: DoubtBody = { step: intent.step, why, ...more }
    void this.writer.write({ kind: 'doubt', ref: intent.seq, body })
    this.journal.doubt(intent.seq, body)
  }

  /** Writes a decision down. False when it was refused: somebody answered in the same moment, or a message is not its to take. */
  async note(body: NoteBody, also: Also = {}): Promise<boolean> {
    const { value: stamped, text } = this.#stamped(body)
    const written = this.writer.write({ kind: 'note', body: stamped, ...also }, text)
    if (also.expires !== undefined || also.absorbs !== undefined) {
      const { code } = (await written).answer
      if (code !== 'ok' && code !== 'already') return false
    }
    this.journal.note(stamped, this.time.now(), also.count)
    if (stamped.final && stamped.step !== undefined) this.place(stamped.step)(stamped.final, stamped.at ?? 0)
    return true
  }

  #folded(intent: Intent, did: Settlement, seq: number, amounts: readonly (number | null)[], body: SettleBody): void {
    const used = amounts.map((amount, i) => amount ?? intent.charges[i]?.amount ?? 0)
    this.journal.settle(intent.seq, { did, seq, at: this.time.now(), used, body })
  }

  /** The flow is given what a replay will give it: the result as JSON, its fields in canonical order, without secrets. */
  #stamped<T extends SettleBody | NoteBody>(body: T): Stamped<T> {
    if (!body.final) return { value: body, text: undefined }
    return this.writer.told({ at: this.time.now(), ...body })
  }
}
