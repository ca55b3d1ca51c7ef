import { MidwatchError } from '../core/errors.js'
import { incarnationOf } from '../core/fence.js'
import type { JsonValue } from '../core/json.js'
import { LIMITS } from '../core/limits.js'
import type { Mail } from '../core/mail.js'
import type { Answer, NewEscalation } from '../core/ops.js'
import type { Claimed, RunRow } from '../core/run-row.js'
import type { Outcome } from '../core/states.js'
import type { ToolSpec } from '../tools/spec.js'
import { Attempts } from './attempts.js'
import type { Granted, Refused } from './begun.js'
import { type AdmitBody, type DoubtBody, readBody, type SettleBody } from './bodies.js'
import { type BeginDraft, Book, type Used } from './book.js'
import type { Conversation } from './conversation.js'
import type { Definition } from './definition.js'
import { Delivery } from './delivery.js'
import { DROPPED, Dropped } from './dropped.js'
import { endOp, keepsWaiting } from './ending.js'
import type { Engine } from './engine.js'
import { killedBy, waitsForSwitch, wakeIfReleased } from './held.js'
import type { Final, Intent, Journal, StepRecord } from './journal.js'
import { type Kin, kinOf } from './kin.js'
import { Mailbox } from './mailbox.js'
import { mismatchOf, missedStep } from './missed-step.js'
import { journalOf } from './newborns.js'
import { nextOf, outcomeOfOutput, outcomeOfThrow } from './outcome.js'
import type { StepResult } from './result.js'
import { lastWords } from './scores/at-end.js'
import { Stopwatch } from './stopwatch.js'
import { wholeResult } from './stored.js'
import type { Stretch } from './stretch-end.js'
import { TimeLeft } from './time-left.js'
import { startsUnwinding, Unwinding, WIND_DOWN, withWindDown } from './unwinding.js'
import { UsualCharges } from './usual-charges.js'
import { type Standstill, type Wait, Waiting } from './waiting.js'
import { watchedWriter } from './watched-writer.js'
import type { Ending } from './winding-down.js'

export const never = <T>(): Promise<T> => new Promise<T>(() => undefined)

/**
 * One run under one claim, in this process: the journal folded, the flow's function running on it, and the one hand that
 * writes. It may be dropped at any moment; the next claim makes another from the journal.
 */
export class Activation {
  input: JsonValue = null
  /** Of a session whose contract was declared, once it was entered. */
  conversation: Conversation | null = null
  /** Key of the caller's request, the same for the whole lineage: what tools make effect keys of. */
  messageKey = ''
  kin: Kin
  delivery: Delivery
  readonly book: Book
  readonly attempts = new Attempts()
  readonly usual = new UsualCharges()
  /** Steps of branches that lost their races. */
  readonly dropped = new Dropped()
  /** Values that were stored just now, until the flow has been given them. */
  readonly whole = new Map<string, JsonValue>()
  /** Not null in the activation that winds the run down. */
  unwinding: Unwinding | null = null
  /** Those of the definition, and what a flow has called beside them. */
  readonly tools: Map<string, ToolSpec>
  readonly #mailbox: Mailbox
  readonly #timeLeft = new TimeLeft(this)
  readonly #over = new AbortController()
  readonly #waiting: Waiting
  readonly #asked = new Set<string>()
  #working = 0
  #held = 0
  /** What this activation does last, once nothing is under way any more: end the run, park it for good, or let it go. */
  #last: (() => Promise<void>) | null = null
  #started = false
  /** It parked because this code does not fit the run. */
  isMisfit = false
  #isReplay = false
  #parking = false
  #tell: (stretch: Stretch) => void = () => undefined
  #stopClock: () => void = () => undefined

  private constructor(
    readonly engine: Engine,
    readonly definition: Definition,
    public run: RunRow,
  ) {
    this.#mailbox = new Mailbox(engine.ledger, run.runId)
    this.tools = definition.kind === 'flow' ? new Map(definition.tools) : (definition.tools as Map<string, ToolSpec>)
    this.kin = kinOf(definition, {})
    this.delivery = this.#deliver([])
    this.#waiting = new Waiting(engine, () => {
      this.#working += 1
    })
    const writer = watchedWriter(this, (answer) => this.#lose(answer.code))
    this.book = new Book(writer, engine.time, (step) =>
      this.#isHanded(step) ? this.delivery.place(step) : () => undefined,
    )
  }

  /** A flow is given whole values; the agent loop shows its model what the journal holds of them. */
  #deliver(finals: readonly Final[]): Delivery {
    const { definition, engine, run } = this
    const whole = (result: StepResult) => (definition.kind === 'flow' ? wholeResult(this, result) : result)
    const quiet = () => this.#quiet()
    return new Delivery(finals, run.createdAt, engine.clock, quiet, whole, (error) => this.failed(error))
  }

  get journal(): Journal {
    return this.book.journal
  }

  /** What has come for the run. */
  get mail(): readonly Mail[] {
    return this.#mailbox.mail
  }

  /** Aborted once this activation will do nothing more: its run ends, or another worker holds it. */
  get signal(): AbortSignal {
    return this.#over.signal
  }

  /** Reads the journal and the mail of a claimed run. */
  static async open(engine: Engine, definition: Definition, claimed: Claimed): Promise<Activation> {
    const made = new Activation(engine, definition, claimed.run)
    const entries = await journalOf(engine, claimed)
    for (const entry of entries) made.journal.fold(entry)
    const admitted = readBody<AdmitBody>(entries[0]?.body ?? null)
    made.input = admitted.input ?? null
    made.messageKey = admitted.messageKey ?? claimed.run.key ?? claimed.run.origin
    made.kin = kinOf(definition, admitted)
    if (made.journal.ending?.unwinds) made.unwinding = new Unwinding()
    made.delivery = made.#deliver(made.journal.finals.filter(({ step }) => made.#isHanded(step)))
    await made.#mailbox.readIfNew(claimed.run)
    return made
  }

  /** A wind-down is a flow of its own: what the run's asked for, and what comes of it now, is handed to nobody. */
  #isHanded(step: string): boolean {
    return this.unwinding === null || step.startsWith(WIND_DOWN)
  }

  /** Reads the journal of a run that anybody may hold: its flow is played as far as that goes, and nothing is performed. */
  static async replay(engine: Engine, definition: Definition, run: RunRow): Promise<Activation> {
    const made = await Activation.open(engine, definition, { run, switched: null, at: run.createdAt })
    made.#isReplay = true
    made.book.writer.close()
    return made
  }

  /**
   * True when nobody but this activation wrote to the journal since it parked: the claim alone came after. One that a kill
   * told to end while it parked has done its last.
   */
  fits(claimed: Claimed): boolean {
    // A ledger that was reconciled may have lost what this one knows, and gone on otherwise.
    const isSameLife = incarnationOf(claimed.run.fence) === incarnationOf(this.run.fence)
    return !this.signal.aborted && isSameLife && claimed.run.headSeq === this.journal.head + 1
  }

  /** Takes up a parked activation under a new claim. */
  async renew(claimed: Claimed): Promise<void> {
    this.run = claimed.run
    this.journal.head = claimed.run.headSeq
    this.book.writer.renew(claimed.run.fence, claimed.run.headSeq)
    await this.#mailbox.readIfNew(claimed.run)
  }

  /** Mail that comes while the run is at work wakes nobody: whoever looks for it lets all look that wait. */
  async lookForMail(): Promise<void> {
    if (await this.#mailbox.read()) this.#waiting.wakeAll()
  }

  /** How the stretch that now begins will end. */
  over(): Promise<Stretch> {
    this.#parking = false
    return new Promise((resolve) => {
      this.#tell = (stretch) => {
        this.#stopClock()
        resolve(stretch)
      }
      // A kill may have found it while it was being taken up: what it was told to do last, it does now.
      if (this.#last !== null) this.engine.clock.soon(() => this.#lastWhenSettled())
    })
  }

  /** A run whose flow waits for something outside `ctx` ends at its deadline all the same. */
  watchDeadline(): void {
    this.#stopClock = this.#timeLeft.watch(() => void this.pastDeadline())
  }

  /** Calls the flow's function the first time; afterwards lets all that waits look again. */
  work(start: () => Promise<unknown>): void {
    if (!this.#started) this.#begin(start)
    else this.#waiting.thaw()
  }

  #begin(start: () => Promise<unknown>): void {
    this.#started = true
    start().then(
      (output) => this.#returned(output),
      (error) => this.#threw(error),
    )
  }

  #returned(output: unknown): void {
    const missed = missedStep(this.delivery, this.journal, this.#asked)
    if (missed !== null) void this.misfit(missed)
    else void this.finish(outcomeOfOutput(output), nextOf(output))
  }

  #threw(error: unknown): void {
    const missed = missedStep(this.delivery, this.journal, this.#asked)
    if (missed !== null) void this.misfit(missed)
    else this.failed(error)
  }

  // ---- steps

  /**
   * One step: performed once, then replayed. `args` is the digest of what it was asked for; another digest under the same
   * identity means that the code changed.
   */
  step(id: string, args: string, perform: (record: StepRecord) => Promise<StepResult>): Promise<StepResult> {
    if (this.signal.aborted) return never()
    const record = this.journal.step(id)
    if (record.args !== null && record.args !== args) return this.misfit(id)
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
    if (this.#isReplay || this.dropped.has(record.id)) return this.#quiet()
    this.#working += 1
    try {
      const result = await perform(record)
      this.#working -= 1
      // What was written down has been handed over in its place; the rest has none and is not replayed.
      if (record.final === null) this.delivery.offer(record.id, result, this.engine.time.now())
      this.#quiet()
    } catch (error) {
      if (error === DROPPED) this.#working -= 1
      if (error === DROPPED) return this.#quiet()
      this.#abandon(record)
      this.failed(error)
    }
  }

  /** Steps of a lost branch go no further. Resolves once each attempt of them is settled or in doubt. */
  leave(steps: ReadonlySet<string>): Promise<void> {
    this.dropped.add(steps)
    this.#waiting.wake(steps)
    return this.attempts.abort(steps, 'Another branch was first.')
  }

  /** A step that threw out of turn must not leave its attempt open: nothing could end then. */
  #abandon(record: StepRecord): void {
    for (const intent of record.intents.filter((i) => this.attempts.has(i.seq))) {
      if (intent.effect) this.doubt(intent, 'threw')
      else this.settle(intent, 'failed', { fault: { code: 'threw' } }, () => null)
    }
  }

  /** The ledger out of reach is no fault of the run: it is dropped and taken up again. Anything else ends it. */
  failed(error: unknown): void {
    if (error instanceof MidwatchError && error.retryable) this.drop(error)
    else void this.finish(outcomeOfThrow(error))
  }

  // ---- writing

  now(): number {
    return this.engine.time.now()
  }

  remainingMs(): number {
    return this.#timeLeft.ms()
  }

  /** Asks for an attempt; a refusal is the caller's to heed. */
  async begin(draft: BeginDraft): Promise<Granted | Refused> {
    const { gate, clock, failpoint } = this.engine
    if (!gate.isOpen) await gate.opened()
    await failpoint('before_begin')
    if (this.signal.aborted) return never()
    this.dropped.heed(draft.step)
    const watch = new Stopwatch(clock)
    const stop = this.attempts.ask(draft.step)
    const { answer, seq } = await this.book.writer.write({ ...draft, kind: 'begin' })
    if (answer.code !== 'ok' && answer.code !== 'already') {
      this.attempts.refused(stop)
      return this.#refused(draft.step, answer)
    }
    const intent = this.book.granted(draft, this.run.fence, answer, seq)
    this.attempts.granted(stop, seq)
    if (this.signal.aborted || watch.elapsedMs() >= draft.timeoutMs) {
      this.settle(intent, intent.effect ? 'not_performed' : 'failed', { fault: { code: 'too_late' } }, () => 0)
      return this.signal.aborted ? never() : { granted: false, late: true, step: draft.step, answer }
    }
    await failpoint('after_begin')
    return { granted: true, intent, stop, boundMs: draft.timeoutMs, watch, probe: answer.probe }
  }

  #refused(step: string, answer: Answer): Refused | Promise<Refused> {
    if (!this.signal.aborted) return { granted: false, late: false, step, answer }
    this.#lastWhenSettled()
    return never()
  }

  /** Deals with what every begin may meet: a late answer, a kill switch, the run's deadline. True: look again. */
  async heed(refused: Refused): Promise<boolean> {
    const { answer, late, step } = refused
    if (answer.code === 'deadline') return this.pastDeadline()
    if (answer.code === 'switched') await this.#switched(step, answer)
    return late || answer.code === 'switched'
  }

  /** Settles an attempt that this activation began. */
  settle(intent: Intent, did: 'performed' | 'not_performed' | 'failed', body: SettleBody, used: Used): void {
    this.book.settle(intent, did, body, used)
    if (intent.fence === this.run.fence) this.journal.deaths.survived()
    this.#closed(intent)
  }

  /** The answer of an attempt was lost. */
  doubt(intent: Intent, why: string, more: Pick<DoubtBody, 'message' | 'since'> = {}): void {
    this.book.doubt(intent, why, more)
    this.#closed(intent)
  }

  #closed(intent: Intent): void {
    this.attempts.close(intent.seq)
    void this.engine.failpoint('after_settle')
    this.#lastWhenSettled()
  }

  // ---- waiting

  /** Waits for a time, for mail, or for the next claim; then the caller looks again at what there is. */
  async wait(asked: Wait): Promise<void> {
    if (this.signal.aborted) return never()
    this.dropped.heed(asked.step)
    this.#working -= 1
    const wait = this.#working > 0 && asked.escalation ? this.#askAtOnce(asked, asked.escalation) : asked
    const woken = this.#waiting.add(wait)
    this.#quiet()
    await woken
    this.dropped.heed(asked.step)
  }

  /** A question opens with the park that waits for it, but not later than sister branches that are still at work. */
  #askAtOnce({ step, until, waits }: Wait, escalation: NewEscalation): Wait {
    void this.book.note({ about: 'asked', detail: { id: escalation.id } }, { escalations: [escalation] })
    return { step, until, waits }
  }

  /** True while another branch than the one that asks is at work: the run does not park now, and is not woken by mail. */
  get hasSisters(): boolean {
    return this.#working > 1
  }

  /** Called whenever something came to rest: parks when all there is waits, and notices when replay cannot go on. */
  #quiet(): void {
    if (this.#working > 0 || this.delivery.busy || this.#last || this.#parking) return
    this.engine.clock.soon(() => {
      if (this.#working > 0 || this.delivery.busy || this.#last || this.#parking) return
      if (this.#isReplay) return this.#tell({ status: 'lost', code: 'replayed' })
      if (this.delivery.replaying && this.#held > 0) void this.misfit(this.delivery.expected ?? '')
      else if (this.#waiting.size > 0) void this.#park(this.#waiting.standstill(), true)
    })
  }

  async #park({ dueAt: asked, waits, escalations }: Standstill, keep: boolean): Promise<void> {
    this.#parking = true
    const dueAt = this.#timeLeft.due(asked)
    // From here on a timer that rings must not set a branch going: the park is on its way.
    this.#waiting.freeze()
    const mailSeen = this.#mailbox.seen
    const draft = { kind: 'park', waits, dueAt, mailSeen, escalations, body: { waits } } as const
    const { seq } = await this.book.writer.write(draft)
    this.journal.head = seq
    await wakeIfReleased(this.engine.ledger, this.run.runId, waits)
    await this.engine.failpoint('parked')
    // Ended in the same moment, as by a kill: the next claim finds out, in an activation that still can.
    this.#tell({ status: 'parked', waits, dueAt, keep: keep && !this.signal.aborted })
  }

  /** Parks before anything is done: a switch holds the run, or nobody drives it here. */
  holdBack(waits: string, dueAt = this.now() + LIMITS.hold_look_ms): Promise<void> {
    return this.#park({ dueAt, waits, escalations: [] }, false)
  }

  async #switched(step: string, answer: Answer): Promise<void> {
    const scope = answer.scope ?? 'fleet'
    if (answer.mode === 'hold')
      return this.wait({ step, until: this.now() + LIMITS.hold_look_ms, waits: waitsForSwitch(scope) })
    return this.finish(await killedBy(this.engine.ledger, scope))
  }

  // ---- ending

  pastDeadline<T>(): Promise<T> {
    return this.finish(this.#timeLeft.over())
  }

  /** Ends the run: what is under way is aborted and settled first, and what runs below it has ended. Never resolves. */
  finish<T>(outcome: Outcome<JsonValue>, next?: Ending['next']): Promise<T> {
    const ending = { outcome, ...(next === undefined ? {} : { next }) }
    this.#conclude(`The run ends: ${outcome.status}.`, () => this.#end(ending).catch((error) => this.#giveUp(error)))
    return never<T>()
  }

  /** The first to say how this activation concludes is heeded. What is under way is aborted and settles itself. */
  #conclude(why: string, last: () => Promise<void>): void {
    if (this.#isReplay) this.#tell({ status: 'lost', code: 'replayed' })
    if (this.#isReplay || this.#last !== null) return
    this.#last = last
    this.#cease(why)
    // At once where nothing is under way: the end rides with the settle of the last step.
    this.#lastWhenSettled()
  }

  #lastWhenSettled(): void {
    if (this.#last === null || !this.attempts.idle || this.#parking) return
    this.#parking = true
    void this.#last()
  }

  /** The first to say how it ends was heeded, though it took the run some claims to get there. */
  async #end(asked: Ending): Promise<void> {
    const ending = this.journal.ending ?? asked
    if (await keepsWaiting(this, ending)) {
      const dueAt = this.now() + LIMITS.child_look_ms
      return this.#park({ dueAt, waits: 'children', escalations: [] }, false)
    }
    if (await startsUnwinding(this, ending))
      return this.#park({ dueAt: this.now(), waits: 'wind_down', escalations: [] }, false)
    const last = await lastWords(this, { ...ending, outcome: withWindDown(this, ending) })
    const { value, text } = this.book.writer.told(last.body)
    await this.book.writer.write(await endOp(this, { ...ending, ...last }, value), text)
    this.#tell({ status: 'ended', outcome: value.outcome, continued: ending.next !== undefined })
  }

  /** Gives an ended run back after its doubts were looked at. */
  async audit(dueAt: number | null, detail: JsonValue, escalations: NewEscalation[] = []): Promise<void> {
    const mailSeen = this.#mailbox.seen
    await this.book.writer.write({ kind: 'audit', dueAt, mailSeen, escalations, body: { detail } })
    this.#tell({ status: 'parked', waits: 'audit', dueAt, keep: false })
  }

  /** The code asks for something that the journal does not hold in this place: park, and say what was expected. */
  misfit<T>(step: string): Promise<T> {
    if (!this.#parking) this.#conclude('The code has changed under the run.', () => this.#parkForGood(step))
    return never<T>()
  }

  async #parkForGood(step: string): Promise<void> {
    const detail = mismatchOf(this.definition, this.journal, this.#asked, step)
    void this.book.note({ about: 'mismatch', detail })
    this.isMisfit = true
    await this.#park({ dueAt: null, waits: `mismatch:${step}`, escalations: [] }, false)
  }

  /** Gives up this activation; the run stays as the ledger has it. What is under way is settled and written first. */
  drop(error: unknown): void {
    const code = error instanceof MidwatchError ? error.code : String(error)
    this.#conclude(`The run is let go (${code}).`, () => this.#giveUp(error))
  }

  async #giveUp(error: unknown): Promise<void> {
    await this.book.writer.flushed()
    this.book.writer.close()
    this.#tell({ status: 'lost', code: error instanceof MidwatchError ? error.code : String(error) })
  }

  #lose(code: string): void {
    this.#cease(`This worker no longer holds the run (${code}).`)
    this.#tell({ status: 'lost', code })
  }

  /** From here on the flow's calls never resolve and write nothing. */
  #cease(why: string): void {
    this.#waiting.freeze()
    this.#over.abort()
    this.attempts.abortAll(why)
  }
}
