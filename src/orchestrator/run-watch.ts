import { canonical, type JsonValue } from '../core/json.js'
import type { AttemptOver, Observed, ObservedUsage, StepSort } from '../core/observed.js'
import type { Answer } from '../core/ops.js'
import type { RunRow } from '../core/run-row.js'
import type { BeginBody, DoubtBody, NoteBody, SettleBody } from './bodies.js'
import type { Engine } from './engine.js'
import type { Intent, Journal, StepRecord } from './journal.js'
import { noteEvents } from './note-events.js'
import type { Draft, Hearer, Written } from './writer.js'

/** An activation, as far as telling of it asks. */
export interface Watched {
  readonly engine: Pick<Engine, 'batcher' | 'entropy' | 'secrets' | 'clock' | 'observers'>
  readonly run: RunRow
  readonly journal: Journal
}

interface Step {
  readonly sort: StepSort
  /** As it was begun last: another model may have taken the place of the first. */
  name: string
  readonly since: number
  /** Which of the fallback order was asked last. */
  model: number
}

type Begin = Extract<Draft, { kind: 'begin' }>
type Settle = Extract<Draft, { kind: 'settle' }>

/** Tells what a run writes as events: all that is decided about a run passes through its writer. */
export class RunWatch implements Hearer {
  /** When attempts of this activation were granted, by seq. */
  readonly #granted = new Map<number, number>()
  readonly #steps = new Map<string, Step>()

  constructor(private readonly of: Watched) {}

  get on(): boolean {
    return this.of.engine.observers.on
  }

  now(): number {
    return this.of.engine.clock.monotonic()
  }

  heard(draft: Draft, { answer, seq }: Written, body: string, since: number): void {
    const written = answer.code === 'ok' || answer.code === 'already'
    if (draft.kind === 'begin') this.#begin(draft, { answer, seq }, body, since)
    else if (draft.kind === 'settle') this.#settle(draft, written, body, since)
    else if (draft.kind === 'doubt') this.#doubt(draft.ref, draft.body as DoubtBody, since)
    else if (draft.kind === 'note' && written) this.#note(draft.body as NoteBody, since)
    else if (draft.kind === 'end' && written) this.#ended(draft)
  }

  #tell(event: Observed): void {
    this.of.engine.observers.tell(event)
  }

  /** The first thing that is written of a step tells that it was proposed. */
  #meet(step: string, sort: StepSort, name: string, since: number, isFirst: boolean): Step {
    const known = this.#steps.get(step)
    if (known) return known
    const met = { sort, name, since, model: 0 }
    this.#steps.set(step, met)
    if (isFirst) this.#tell({ kind: 'step.proposed', run: this.of.run, step, sort, name })
    return met
  }

  #over(step: string, status: string): void {
    const { sort, name, since } = this.#steps.get(step) ?? {}
    this.#steps.delete(step)
    if (sort === undefined || name === undefined || since === undefined) return
    this.#tell({ kind: 'step.over', run: this.of.run, step, sort, name, status, tookMs: this.now() - since })
  }

  #begin(draft: Begin, { answer, seq }: Written, text: string, since: number): void {
    const { run } = this.of
    const { step, attempt, charges, supersedes } = draft
    const { sort, name, model = 0 } = draft.body as BeginBody
    const met = this.#meet(step, sort, name, since, attempt === 1)
    const named = { run, step, sort, name }
    const tookMs = this.now() - since
    if (model !== met.model) this.#tell({ kind: 'fallback', run, step, name, from: met.model, to: model })
    met.model = model
    met.name = name
    if (answer.code !== 'ok' && answer.code !== 'already') {
      this.#refused(named, answer, tookMs)
      return
    }
    this.#granted.set(seq, this.now())
    const isResend = supersedes !== undefined
    const input = () => partOf(text, 'input')
    this.#tell({ kind: 'begin.granted', ...named, seq, attempt, charges, isResend, tookMs, input })
  }

  #refused(named: Pick<AttemptOver, 'run' | 'step' | 'sort' | 'name'>, answer: Answer, tookMs: number): void {
    const { code, meter, scope = 'fleet', mode = 'hold' } = answer
    this.#tell({ kind: 'begin.refused', ...named, code, ...(meter && { meter }), tookMs })
    if (code === 'switched') this.#tell({ kind: 'kill.met', run: named.run, scope, mode, where: 'begin' })
  }

  #settle({ ref, did, saw, body }: Settle, written: boolean, text: string, since: number): void {
    const { final, fault, usage, source = '' } = body as SettleBody
    const intent = this.#intent(ref)
    if (!intent || !written) return
    const { seq, step, attempt } = intent
    const named = { run: this.of.run, step, ...namesOf(intent) }
    const granted = this.#granted.get(ref)
    this.#granted.delete(ref)
    if (saw) this.#tell({ kind: 'doubt.resolved', ...named, seq, did, source: source.split(':', 1)[0] ?? '' })
    else {
      const code = fault?.code ?? (final?.status === 'failed' ? final.code : null)
      const times = { tookMs: granted === undefined ? 0 : since - granted, settledMs: this.now() - since }
      const said = { ...usageIn(usage), ...finishIn(final), output: () => partOf(text, 'final') }
      this.#tell({ kind: 'attempt.over', ...named, seq, attempt, did, fault: code, ...times, ...said })
    }
    if (final) this.#over(step, final.status)
  }

  #doubt(ref: number, { why }: DoubtBody, since: number): void {
    const intent = this.#intent(ref)
    if (!intent) return
    const { seq, step, attempt } = intent
    const granted = this.#granted.get(ref)
    this.#granted.delete(ref)
    const tookMs = granted === undefined ? 0 : since - granted
    this.#tell({ kind: 'doubt.raised', run: this.of.run, step, ...namesOf(intent), seq, attempt, why, tookMs })
  }

  #note(body: NoteBody, since: number): void {
    const { run, journal } = this.of
    const { step, final } = body
    const called = step === undefined ? undefined : (this.#steps.get(step)?.name ?? calledIn(journal.step(step)))
    const { proposed, events } = noteEvents(run, body, called)
    if (step !== undefined && proposed) {
      const record = journal.step(step)
      this.#meet(step, proposed.sort, proposed.name, since, record.intents.length === 0 && record.notes.length <= 1)
    }
    for (const event of events) this.#tell(event)
    if (step !== undefined && final) this.#over(step, final.status)
  }

  #ended({ next, scores = [] }: Extract<Draft, { kind: 'end' }>): void {
    const { run } = this.of
    for (const { name, value } of scores)
      this.#tell({ kind: 'scored', run, scored: run.runId, name, value, by: 'code' })
    if (next) this.#continued(next)
  }

  #continued(next: Pick<RunRow, 'runId' | 'agent' | 'version'>): void {
    const { tenant, session } = this.of.run
    const { runId, agent, version } = next
    const run = { runId, agent, version, tenant, session }
    this.#tell({ kind: 'run.admitted', run, how: 'continued', isNew: true })
  }

  #intent(seq: number): Intent | undefined {
    return this.of.journal.intent(seq)
  }
}

/** The agent that a step called, as its first note says. */
function calledIn({ notes }: StepRecord): string | undefined {
  const { agent } = (notes[0]?.detail ?? {}) as { agent?: unknown }
  return typeof agent === 'string' ? agent : undefined
}

const namesOf = ({ body }: Intent): { sort: StepSort; name: string } => ({
  sort: body.sort ?? 'tool',
  name: body.name ?? '',
})

/** One part of a body that was written, as JSON: it was concealed on its way. */
function partOf(text: string, part: 'input' | 'final'): string {
  const whole = JSON.parse(text) as { input?: JsonValue; final?: { output?: JsonValue } }
  return canonical((part === 'input' ? whole.input : whole.final?.output) ?? null)
}

function usageIn(usage: JsonValue | undefined): { usage?: ObservedUsage } {
  if (typeof usage !== 'object' || usage === null) return {}
  const { usd, ...tokens } = usage as Record<string, unknown>
  const told = Object.entries({ ...tokens, usdMicros: usd }).filter(([, amount]) => typeof amount === 'number')
  return { usage: Object.fromEntries(told) }
}

function finishIn(final: SettleBody['final']): { finish?: string } {
  if (final?.status !== 'completed' || typeof final.output !== 'object') return {}
  const { finish } = (final.output ?? {}) as { finish?: unknown }
  return typeof finish === 'string' ? { finish } : {}
}
