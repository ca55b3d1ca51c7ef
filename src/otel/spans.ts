import { context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Observed, ObservedRun } from '../core/observed.js'
import type { ContentShown, Tracing } from '../core/telemetry.js'
import type { TraceContext } from '../core/trace.js'
import { AttemptSpans } from './attempt-spans.js'
import { attributes } from './attributes.js'
import { headersOf } from './headers.js'
import { LiveSpans } from './live-spans.js'
import { aboveStretch, callIds, stretchIds, stretchOf, traceIdOf } from './run-trace.js'
import { spanEvent } from './span-events.js'
import { remoteParent, type SpanMaker } from './span-maker.js'

/** A run that this process works: the span of its stretch, and those of attempts under way. */
export interface LiveRun {
  readonly span: Span
  readonly trace: TraceContext | undefined
  readonly attempts: AttemptSpans
}

type Of<K extends Observed['kind']> = Extract<Observed, { kind: K }>

export interface SpanOptions {
  readonly maker: SpanMaker
  /** Words that may stand on spans; null: none. */
  readonly content: ContentShown | null
  /** The trace that an earlier run was admitted with, for a link to it. */
  readonly admittedWith: (runId: string) => Promise<TraceContext | undefined>
}

/** Makes spans of what is told. One for each stretch of a run; below it one for each attempt; decisions are events on them. */
export class Spans implements Tracing {
  readonly #runs = new Map<string, LiveRun>()
  readonly #calls = new LiveSpans()

  constructor(private readonly options: SpanOptions) {}

  readonly listener = (event: Observed): void => {
    if (event.kind === 'run.taken_up') this.#takenUp(event)
    if (!('run' in event)) return
    const live = this.#runs.get(event.run.runId)
    if (!live) return
    this.#runEvent(event, live)
    live.attempts.hear(event)
    const said = spanEvent(event)
    if (said) (('seq' in event && live.attempts.get(event.seq)) || live.span).addEvent(said.name, said.attributes)
    live.attempts.over(event)
    this.#over(event, live)
  }

  contextOf(runId: string, seq: number): TraceContext | undefined {
    const span = this.#runs.get(runId)?.attempts.get(seq)
    return span && headersOf(span.spanContext())
  }

  active(): TraceContext | undefined {
    const span = trace.getActiveSpan()
    return span && headersOf(span.spanContext())
  }

  within<T>(runId: string, seq: number, work: () => T): T {
    const span = this.#runs.get(runId)?.attempts.get(seq)
    return span === undefined ? work() : context.with(trace.setSpan(context.active(), span), work)
  }

  /** Ends what is open: nothing more is told. */
  stop(): void {
    for (const { span, attempts } of this.#runs.values()) {
      attempts.abandon()
      span.end()
    }
    this.#runs.clear()
    this.#calls.endAll()
  }

  #takenUp({ run, agentKind, trace: admitted, isKept, claims }: Of<'run.taken_up'>): void {
    const { maker, content } = this.options
    const operation = agentKind === 'agent' ? 'invoke_agent' : 'invoke_workflow'
    const { agent, runId, tenant, session } = run
    const named = { operation, agentName: agent, agentVersion: String(run.version), conversation: session }
    const stretch = stretchOf(run)
    const own = { runId, tenant, parent: run.parent?.runId, stretch, claims, isKept }
    const before = stretch > 1 ? [{ context: linkTo(stretchIds(run, admitted, run.fence - 1)) }] : []
    const span = maker.start(
      `${operation} ${agent}`,
      { kind: SpanKind.INTERNAL, attributes: attributes({ ...named, ...own }), links: before },
      stretchIds(run, admitted),
      this.#above(run, admitted),
    )
    const above = trace.setSpan(context.active(), span)
    this.#runs.set(runId, { span, trace: admitted, attempts: new AttemptSpans(maker, above, run, content) })
  }

  /** The span of the call that made the run may be open here. */
  #above(run: ObservedRun, admitted: TraceContext | undefined) {
    const { parent } = run
    const call = parent ? this.#calls.get(`${parent.runId}|${parent.step}`) : undefined
    return call ? remoteParent(call.spanContext()) : aboveStretch(run, admitted, this.options.maker)
  }

  #runEvent(event: Observed, live: LiveRun): void {
    if (event.kind === 'session.entered' && event.turnBefore !== null)
      void this.#linkTurn(event.run, event.turnBefore, live)
    if (event.kind === 'call.began') this.#callBegan(event, live)
    if (event.kind === 'call.ended') this.#callEnded(event, live)
  }

  /** The turn before may have been of another trace. */
  async #linkTurn(run: ObservedRun, runId: string, { span }: LiveRun): Promise<void> {
    const admitted = await this.options.admittedWith(runId)
    const first = run.fence - stretchOf(run) + 1
    if (span.isRecording())
      span.addLink({ context: linkTo(stretchIds({ ...run, runId, ancestors: [] }, admitted, first)) })
  }

  #callBegan({ run, step, name }: Of<'call.began'>, live: LiveRun): Span {
    const { agent: agentName, runId, session: conversation } = run
    const at = { kind: SpanKind.INTERNAL, attributes: attributes({ name, agentName, runId, step, conversation }) }
    const ids = callIds(runId, step, traceIdOf(run, live.trace))
    const span = this.options.maker.start(`call ${name}`, at, ids, trace.setSpan(context.active(), live.span))
    return this.#calls.put(`${runId}|${step}`, span)
  }

  /** What another process called is told from here, where it was heard of. */
  #callEnded(event: Of<'call.ended'>, live: LiveRun): void {
    const span =
      this.#calls.take(`${event.run.runId}|${event.step}`) ?? this.#callBegan({ ...event, kind: 'call.began' }, live)
    this.#calls.take(`${event.run.runId}|${event.step}`)
    span.setAttributes(attributes({ status: event.status }))
    span.end()
  }

  #over(event: Observed, { span, attempts }: LiveRun): void {
    if (event.kind !== 'run.parked' && event.kind !== 'run.ended' && event.kind !== 'run.lost') return
    attempts.abandon()
    const state = event.kind.slice('run.'.length)
    if (event.kind === 'run.parked') span.setAttributes(attributes({ state, waits: event.waits }))
    else if (event.kind === 'run.lost') fail(span, event.code, attributes({ state }))
    else if (event.outcome === 'failed')
      fail(span, event.detail, attributes({ state, outcome: event.outcome, failureOwner: event.owner }))
    else span.setAttributes(attributes({ state, outcome: event.outcome }))
    span.end()
    this.#runs.delete(event.run.runId)
  }
}

const linkTo = (ids: { traceId: string; spanId: string }) => ({ ...ids, traceFlags: 0, isRemote: true })

function fail(span: Span, code: string, more: ReturnType<typeof attributes>): void {
  span.setAttributes({ ...more, ...attributes({ errorType: code }) })
  span.setStatus({ code: SpanStatusCode.ERROR })
}
