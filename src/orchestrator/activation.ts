import { MidwatchError } from '../core/errors.js'
import { canonical, type JsonValue } from '../core/json.js'
import type { Claimed, Mail, RunRow } from '../core/ledger.js'
import { LIMITS } from '../core/limits.js'
import type { Answer, NewEscalation } from '../core/ops.js'
import type { Outcome } from '../core/states.js'
import { type AdmitBody, type BeginBody, type DoubtBody, type NoteBody, readBody, type SettleBody } from './bodies.js'
import type { Definition } from './definition.js'
import { Delivery, turn } from './delivery.js'
import type { Engine } from './engine.js'
import { type Intent, Journal, type StepRecord } from './journal.js'
import { summary } from './outcome.js'
import type { StepResult } from './result.js'
import { Stopwatch } from './stopwatch.js'
import { type Draft, Writer } from './writer.js'

/** How a stretch of work on a run ended. */
export type Stretch =
  | { readonly status: 'ended'; readonly outcome: Outcome<JsonValue> }
  | { readonly status: 'parked'; readonly dueAt: number | null; readonly keep: boolean }
  | { readonly status: 'lost'; readonly code: string }

export interface Wait {
  /** When to look again, by the ledger's clock; null: when mail comes. */
  readonly until: number | null
  readonly waits: string
  readonly escalation?: NewEscalation
}

interface Waiter extends Wait {
  readonly go: () => void
  readonly timer: AbortController
}

type Granted = { readonly granted: true; readonly intent: Intent; readonly boundMs: number; readonly watch: Stopwatch }
type Refused = { readonly granted: false; readonly answer: Answer }
export type BeginDraft = Omit<Extract<Draft, { kind: 'begin' }>, 'kind' | 'body'> & { readonly body: BeginBody }

const never = <T>(): Promise<T> => new Promise<T>(() => undefined)

/**
 * One run under one claim, in this process: the journal folded, the flow's function running on it, and the one hand that
 * writes. It may be dropped at any moment; the next claim makes another from the journal.
 */
export class Activation {
  readonly journal = new Journal()
  readonly abort = new AbortController()
  interruption = new AbortController()
  mail: readonly Mail[] = []
  input: JsonValue = null
  delivery: Delivery
  #writer: Writer
  #working = 0
  #held = 0
  #beginning = 0
  /** Attempts that this activation began and has not settled. */
  readonly #open = new Set<number>()
  #ending: Outcome<JsonValue> | null = null
  #started = false
  #parking = false
  readonly #asked = new Set<string>()
  readonly #waiters = new Set<Waiter>()
  #over: (stretch: Stretch) => void = () => undefined

  private constructor(
    readonly engine: Engine,
    readonly definition: Definition,
    public run: RunRow,
  ) {
    this.delivery = new Delivery([], run.createdAt, () => this.#quiet())
    const conceal = engine.secrets.conceal
    const ports = { batcher: engine.batcher, entropy: engine.entropy, conceal }
    this.#writer = new Writer(ports, run.runId, run.fence, run.headSeq, (answer) => this.#lose(answer.code))
  }

  /** Reads the journal and the mail of a claimed run. */
  static async open(engine: Engine, definition: Definition, claimed: Claimed): Promise<Activation> {
    const { runId } = claimed.run
    const made = new Activation(engine, definition, claimed.run)
    const entries = await engine.ledger.journal({ runId })
    for (const entry of entries) made.journal.fold(entry)
    made.input = readBody<AdmitBody>(entries[0]?.body ?? null).input ?? null
    made.delivery = new Delivery(made.journal.finals, claimed.run.createdAt, () => made.#quiet())
    made.mail = await engine.ledger.mail({ runId, after: 0 })
    return made
  }

  /** True when nobody but this activation wrote to the journal since it parked: the claim alone came after. */
  fits(claimed: Claimed): boolean {
    return claimed.run.headSeq === this.journal.head + 1
  }

  /** Takes up a parked activation under a new claim. */
  async renew(claimed: Claimed): Promise<void> {
    this.run = claimed.run
    this.journal.head = claimed.run.headSeq
    this.#writer.renew(claimed.run.fence, claimed.run.headSeq)
    this.mail = await this.engine.ledger.mail({ runId: this.run.runId, after: 0 })
  }

  /** How the stretch that now begins will end. */
  over(): Promise<Stretch> {
    this.#parking = false
    return new Promise((resolve) => {
      this.#over = resolve
    })
  }

  /** Calls the flow's function the first time; afterwards lets all that waits look again. */
  work(start: () => Promise<unknown>): void {
    if (!this.#started) this.#begin(start)
    else for (const waiter of [...this.#waiters]) this.#fire(waiter)
  }

  #begin(start: () => Promise<unknown>): void {
    this.#started = true
    start().then(
      (output) => this.#returned(output),
      (error) => this.finish(threw(error)),
    )
  }

  #returned(output: unknown): void {
    if (this.#ending) return
    const forgotten = [...this.journal.steps.values()].find((s) => !this.#asked.has(s.id) && s.intents.length > 0)
    if (this.delivery.replaying || forgotten) void this.#mismatch(this.delivery.expected ?? forgotten?.id ?? '')
    else void this.finish(outcomeOf(output))
  }

  // ---- steps

  /**
   * One step: performed once, then replayed. `args` is the digest of what it was asked for; another digest under the same
   * identity means that the code changed.
   */
  step(id: string, args: string, perform: (record: StepRecord) => Promise<StepResult>): Promise<StepResult> {
    const record = this.journal.step(id)
    if (record.args !== null && record.args !== args) return this.#mismatch(id)
    record.args = args
    this.#asked.add(id)
    const result = this.delivery.ask(id)
    if (record.final === null) void this.#live(record, perform)
    return result
  }

  async #live(record: StepRecord, perform: (record: StepRecord) => Promise<StepResult>): Promise<void> {
    this.#held += 1
    await this.delivery.caughtUp()
    this.#held -= 1
    this.#working += 1
    try {
      const result = await perform(record)
      this.#working -= 1
      this.delivery.offer(record.id, result, this.engine.time.now())
    } catch (error) {
      void this.finish(threw(error))
    }
  }

  // ---- writing

  now(): number {
    return this.engine.time.now()
  }

  remainingMs(): number {
    return this.run.deadlineAt - this.now()
  }

  /**
   * Asks for an attempt; a refusal is the caller's to heed. An answer that came after the worker's own bound is settled as
   * not performed, and asked for anew.
   */
  async begin(draft: BeginDraft): Promise<Granted | Refused> {
    for (;;) {
      if (this.#ending) return never()
      await this.engine.gate.opened()
      await this.engine.failpoint('before_begin')
      const watch = new Stopwatch(this.engine.clock)
      this.#beginning += 1
      const { answer, seq } = await this.#writer.write({ ...draft, kind: 'begin' })
      this.#beginning -= 1
      if (answer.code !== 'ok' && answer.code !== 'already') {
        if (this.#ending) this.#endWhenSettled()
        return this.#ending ? never() : { granted: false, answer }
      }
      const intent = this.#intent(draft, answer, seq)
      this.#open.add(seq)
      if (!this.#ending && watch.elapsedMs() < draft.timeoutMs) {
        await this.engine.failpoint('after_begin')
        return { granted: true, intent, boundMs: draft.timeoutMs, watch }
      }
      const did = intent.effect ? 'not_performed' : 'failed'
      this.settle(intent, did, { fault: { code: 'too_late' } }, () => 0)
    }
  }

  /** Deals with what every begin may meet: a kill switch, the run's deadline. True: ask again. */
  async heed(answer: Answer): Promise<boolean> {
    if (answer.code === 'deadline') return this.pastDeadline()
    if (answer.code === 'switched') await this.#switched(answer)
    return answer.code === 'switched'
  }

  #intent(draft: BeginDraft, answer: Answer, seq: number): Intent {
    const { effect, charges, step, attempt, body } = draft
    const row = effect && { tool: effect.tool, key: effect.key, args: effect.args, attempt: answer.attempt ?? 1 }
    const intent: Intent = {
      seq,
      step,
      attempt,
      body,
      charges,
      fence: this.run.fence,
      at: answer.at,
      actsUntil: answer.actsUntil ?? answer.at,
      effect: row ?? null,
      doubt: false,
      lost: false,
      superseded: false,
      settled: null,
    }
    this.journal.begin(intent, draft.supersedes)
    return intent
  }

  /** Settles an attempt that this activation began. The next begin may ride along: nothing waits for the answer here. */
  settle(intent: Intent, did: 'performed' | 'not_performed' | 'failed', body: SettleBody, used: Used): void {
    const draft = {
      kind: 'settle',
      ref: intent.seq,
      did,
      used: intent.charges.map(used),
      body: this.#stamped(body),
    } as const
    const charged = draft.used.map((amount, i) => amount ?? intent.charges[i]?.amount ?? 0)
    this.journal.settle(intent.seq, { did, seq: 0, at: this.now(), used: charged, body: draft.body })
    void this.#writer.write(draft).then(({ seq }) => this.journal.placed(intent.seq, seq))
    this.#close(intent)
  }

  /** The verdict on a doubt: refused when the effect moved since it was looked at. */
  async resolve(
    intent: Intent,
    did: 'performed' | 'not_performed',
    body: SettleBody,
    saw: { attempt: number; evidence: number },
  ): Promise<boolean> {
    if (this.#ending) return never()
    const used = intent.charges.map(did === 'performed' ? () => null : spentOnly)
    const stamped = this.#stamped(body)
    const { answer, seq } = await this.#writer.write({ kind: 'settle', ref: intent.seq, did, used, saw, body: stamped })
    if (answer.code !== 'ok' && answer.code !== 'already') return false
    const charged = used.map((amount, i) => amount ?? intent.charges[i]?.amount ?? 0)
    this.journal.settle(intent.seq, { did, seq, at: answer.at, used: charged, body: stamped })
    return true
  }

  /** The answer of an attempt was lost. */
  doubt(intent: Intent, why: string, message?: string): void {
    const body: DoubtBody = { step: intent.step, why, ...(message === undefined ? {} : { message }) }
    void this.#writer.write({ kind: 'doubt', ref: intent.seq, body })
    this.journal.doubt(intent.seq, why)
    this.#close(intent)
  }

  #close(intent: Intent): void {
    this.#open.delete(intent.seq)
    void this.engine.failpoint('after_settle')
    if (this.#ending) this.#endWhenSettled()
  }

  #stamped(body: SettleBody): SettleBody {
    return body.final ? { ...body, at: this.now() } : body
  }

  /** Writes a decision down. `expires` may be refused: then somebody answered in the same moment. */
  async note(body: NoteBody, also: { count?: Record<string, number>; expires?: string } = {}): Promise<boolean> {
    const stamped = body.final ? { ...body, at: this.now() } : body
    const written = this.#writer.write({ kind: 'note', body: stamped, ...also })
    if (also.expires !== undefined) {
      const { answer } = await written
      if (answer.code === 'not_open') return false
    }
    this.journal.note(stamped, this.now(), also.count)
    return true
  }

  // ---- waiting

  /** Waits for a time, for mail, or for the next claim; then the caller looks again at what there is. */
  wait(wait: Wait): Promise<void> {
    if (this.#ending) return never()
    return new Promise((resolve) => {
      const timer = new AbortController()
      const waiter: Waiter = { ...wait, timer, go: resolve }
      this.#waiters.add(waiter)
      this.#working -= 1
      if (wait.until !== null) void this.#alarm(waiter, wait.until)
      this.#quiet()
    })
  }

  async #alarm(waiter: Waiter, until: number): Promise<void> {
    await this.engine.clock.sleep(Math.max(0, until - this.now()), waiter.timer.signal)
    if (!waiter.timer.signal.aborted && !this.#parking) this.#fire(waiter)
  }

  #fire(waiter: Waiter): void {
    if (!this.#waiters.delete(waiter)) return
    waiter.timer.abort()
    this.#working += 1
    waiter.go()
  }

  /** Called whenever something came to rest: parks when all there is waits, and notices when replay cannot go on. */
  #quiet(): void {
    if (this.#working > 0 || this.delivery.busy || this.#ending || this.#parking) return
    setImmediate(() => {
      if (this.#working > 0 || this.delivery.busy || this.#ending || this.#parking) return
      if (this.delivery.replaying && this.#held > 0) void this.#mismatch(this.delivery.expected ?? '')
      else if (this.#waiters.size > 0) void this.#park()
    })
  }

  async #park(): Promise<void> {
    this.#parking = true
    const waits = [...this.#waiters]
    const untils = waits.flatMap((w) => (w.until === null ? [] : [w.until]))
    const dueAt = untils.length === 0 ? null : Math.min(...untils)
    const escalations = waits.flatMap((w) => (w.escalation ? [w.escalation] : []))
    const what = waits.map((w) => w.waits).join(', ')
    await this.#parkAs({ dueAt, waits: what, escalations, keep: true })
  }

  async #parkAs(p: {
    dueAt: number | null
    waits: string
    escalations: NewEscalation[]
    keep: boolean
  }): Promise<void> {
    const { dueAt, waits, escalations, keep } = p
    const mailSeen = this.mail.at(-1)?.no ?? 0
    const body = { waits }
    const { seq } = await this.#writer.write({ kind: 'park', waits, dueAt, mailSeen, escalations, body })
    this.journal.head = seq
    for (const waiter of this.#waiters) waiter.timer.abort()
    await this.engine.failpoint('parked')
    this.#over({ status: 'parked', dueAt, keep })
  }

  /** Parks before anything is done: a switch holds the run. */
  holdBack(scope: string): Promise<void> {
    this.#parking = true
    return this.#parkAs({
      dueAt: this.now() + LIMITS.hold_look_ms,
      waits: `switch:${scope}`,
      escalations: [],
      keep: false,
    })
  }

  async #switched(answer: Answer): Promise<void> {
    const scope = answer.scope ?? 'fleet'
    if (answer.mode === 'hold') return this.wait({ until: this.now() + LIMITS.hold_look_ms, waits: `switch:${scope}` })
    const engaged = await this.engine.ledger.switches()
    const by = engaged.find((s) => s.scope === scope)?.by ?? 'operator'
    return this.finish({ status: 'killed', scope, by })
  }

  // ---- ending

  pastDeadline<T>(): Promise<T> {
    const used = this.now() - this.run.createdAt
    return this.finish({
      status: 'exhausted',
      meter: 'deadline',
      used,
      limit: this.run.deadlineAt - this.run.createdAt,
    })
  }

  /** Attempts that are under way here. */
  get performing(): number {
    return this.#open.size
  }

  /** Aborts what is under way; the run itself goes on. How many attempts that were. */
  interrupt(why: string): number {
    const before = this.interruption
    this.interruption = new AbortController()
    before.abort(new DOMException(why, 'AbortError'))
    return this.#open.size
  }

  /** Ends the run: what is under way is aborted and settled first. Never resolves. */
  finish<T>(outcome: Outcome<JsonValue>): Promise<T> {
    if (this.#ending === null) {
      this.#ending = outcome
      this.abort.abort(new MidwatchError('ledger_refused', `The run ends: ${outcome.status}.`))
      setImmediate(() => this.#endWhenSettled())
    }
    return never<T>()
  }

  #endWhenSettled(): void {
    if (this.#open.size > 0 || this.#beginning > 0 || this.#ending === null || this.#parking) return
    this.#parking = true
    void this.#end(this.#ending)
  }

  async #end(outcome: Outcome<JsonValue>): Promise<void> {
    const doubts = this.journal.open().map((i) => i.actsUntil)
    const dueAt = doubts.length === 0 ? null : Math.max(this.now(), Math.min(...doubts))
    const mailSeen = this.mail.at(-1)?.no ?? 0
    await this.#writer.write({
      kind: 'end',
      outcome: outcome.status,
      detail: summary(outcome),
      mailSeen,
      dueAt,
      body: { outcome },
    })
    this.#over({ status: 'ended', outcome })
  }

  /** Gives an ended run back after its doubts were looked at. */
  async audit(dueAt: number | null, detail: JsonValue, escalations: NewEscalation[] = []): Promise<void> {
    await this.#writer.write({ kind: 'audit', dueAt, escalations, body: { detail } })
    this.#over({ status: 'parked', dueAt, keep: false })
  }

  /** The code asks for something that the journal does not hold in this place: park, and say what was expected. */
  async #mismatch<T>(step: string): Promise<T> {
    if (this.#parking || this.#ending) return never()
    this.#parking = true
    await turn()
    const asked = [...this.#asked].filter((id) => this.journal.step(id).final === null)
    const detail = { expected: step, asked, agent: `${this.definition.name}@${this.definition.version}` }
    void this.#writer.write({ kind: 'note', body: { about: 'mismatch', detail } satisfies NoteBody })
    await this.#parkAs({ dueAt: null, waits: `mismatch:${step}`, escalations: [], keep: false })
    return never()
  }

  #lose(code: string): void {
    this.abort.abort(new MidwatchError('ledger_refused', `This worker no longer holds the run (${code}).`))
    for (const waiter of this.#waiters) waiter.timer.abort()
    this.#over({ status: 'lost', code })
  }
}

type Used = (charge: Intent['charges'][number]) => number | null

/** What a known non-act still cost: the attempt itself, not what the effect would have. */
const spentOnly: Used = (charge) =>
  ['steps', 'tool_calls', 'attempts', 'retries', 'active'].includes(charge.meter) ? null : 0

function threw(error: unknown): Outcome<JsonValue> {
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof MidwatchError ? error.code : 'flow_threw'
  return { status: 'failed', code, message: message.slice(0, 500) }
}

function outcomeOf(output: unknown): Outcome<JsonValue> {
  if (output instanceof EndedValue) return output.outcome
  return { status: 'completed', output: JSON.parse(canonical(output)) as JsonValue }
}

/** What `ctx.refuse` and `ctx.handOver` return to the flow. */
export class EndedValue {
  readonly '~ended' = true as const
  constructor(readonly outcome: Outcome<JsonValue>) {}
}
