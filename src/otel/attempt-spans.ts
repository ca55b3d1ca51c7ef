import { type Context, type Span, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import type { AttemptOver, BeginGranted, ModelAsked, Observed, ObservedRun, ObservedUsage } from '../core/observed.js'
import type { ContentShown } from '../core/telemetry.js'
import { derivedSpanId } from '../core/trace.js'
import { attributes } from './attributes.js'
import { answerMessages, promptMessages } from './content.js'
import { providerName, serverOf } from './provider-name.js'
import type { SpanMaker } from './span-maker.js'

/** The attempts of a run that are under way, by the entry that granted them. */
export class AttemptSpans {
  readonly #open = new Map<number, Span>()

  constructor(
    private readonly maker: SpanMaker,
    private readonly above: Context,
    private readonly run: ObservedRun,
    private readonly content: ContentShown | null,
  ) {}

  get(seq: number): Span | undefined {
    return this.#open.get(seq)
  }

  hear(event: Observed): void {
    if (event.kind === 'begin.granted') this.#begin(event)
    else if (event.kind === 'model.asked') this.#asked(event)
  }

  /** Ends what nobody will hear of any more here. */
  abandon(): void {
    for (const seq of [...this.#open.keys()]) this.#end(seq, 0, { did: 'lost' }, null)
  }

  /** After the events that stand on it. */
  over(event: Observed): void {
    if (event.kind === 'attempt.over') this.#settled(event)
    else if (event.kind === 'doubt.raised') this.#end(event.seq, 0, { did: 'doubt' }, event.why)
  }

  #begin(event: BeginGranted): void {
    const { runId, agent: agentName, session: conversation } = this.run
    const { step, seq, attempt, sort, name, isResend } = event
    const of = { runId, agentName, conversation, step, seq, attempt, ...(isResend && { isResend }) }
    const { title, kind, own } = shapeOf(sort, name)
    const { traceId, spanId } = { traceId: '', spanId: derivedSpanId(runId, `attempt|${seq}`) }
    const span = this.maker.start(
      title,
      { kind, attributes: attributes({ ...of, ...own }) },
      { traceId, spanId },
      this.above,
    )
    if (this.content && sort === 'tool') {
      span.setAttributes(attributes({ toolArguments: this.content.given(this.run, name, event.input()) }))
    }
    this.#open.set(seq, span)
  }

  #asked({ seq, provider, maxOutputTokens: maxTokens, temperature, isStream, url, prompt }: ModelAsked): void {
    const span = this.#open.get(seq)
    const told = { provider: providerName(provider), maxTokens, temperature, ...(isStream && { stream: true }) }
    span?.setAttributes(attributes({ ...told, ...serverOf(url) }))
    if (this.content?.showsWords(this.run)) span?.setAttributes(attributes({ inputMessages: promptMessages(prompt()) }))
  }

  #settled(event: AttemptOver): void {
    const { seq, sort, did, fault, usage, finish, settledMs } = event
    const words = this.content && did === 'performed' ? this.#said(event, this.content) : {}
    const finishReasons = finish === undefined ? undefined : [finish]
    this.#end(seq, settledMs, { did, finishReasons, ...used(sort === 'model' ? usage : undefined), ...words }, fault)
  }

  #said({ sort, name, output }: AttemptOver, content: ContentShown): Parameters<typeof attributes>[0] {
    if (sort === 'tool') return { toolResult: content.gave(this.run, name, output()) }
    return sort === 'model' && content.showsWords(this.run) ? { outputMessages: answerMessages(output()) } : {}
  }

  /** The act was over before the ledger had heard of it. */
  #end(seq: number, agoMs: number, what: Parameters<typeof attributes>[0], fault: string | null): void {
    const span = this.#open.get(seq)
    if (!span) return
    this.#open.delete(seq)
    span.setAttributes(attributes({ ...what, errorType: fault }))
    if (fault !== null) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end(Date.now() - agoMs)
  }
}

function shapeOf(sort: BeginGranted['sort'], name: string) {
  const kind = SpanKind.INTERNAL
  if (sort === 'model') {
    const requestModel = name.slice(name.indexOf('/') + 1)
    const own = { operation: 'chat', requestModel, provider: providerName(name.slice(0, name.indexOf('/'))) }
    return { title: `chat ${requestModel}`, kind: SpanKind.CLIENT, own }
  }
  if (sort === 'read') return { title: `read ${name}`, kind, own: { name } }
  return {
    title: `execute_tool ${name}`,
    kind,
    own: { operation: 'execute_tool', toolName: name, toolType: 'function' },
  }
}

function used(usage: ObservedUsage | undefined): Parameters<typeof attributes>[0] {
  if (!usage) return {}
  const {
    inputTokens,
    outputTokens,
    reasoningTokens,
    cachedInputTokens: cacheRead,
    cacheWriteTokens: cacheWrite,
    usdMicros,
  } = usage
  return {
    inputTokens,
    outputTokens,
    reasoningTokens,
    cacheRead,
    cacheWrite,
    costUsd: usdMicros === undefined ? undefined : usdMicros / 1e6,
  }
}
