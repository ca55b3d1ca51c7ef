import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanOptions,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { IdGenerator } from '@opentelemetry/sdk-trace-node'
import { RandomIdGenerator } from '@opentelemetry/sdk-trace-node'

/** Ids that stay the same in whichever process makes the span. */
export interface Ids {
  readonly traceId: string
  readonly spanId: string
}

/** Gives the ids that were asked for to the span that is made next, and random ones to all others. */
export class SetIds implements IdGenerator {
  #next: Ids | null = null
  readonly #random = new RandomIdGenerator()

  /** The ids hold for what is made within. */
  during<T>(ids: Ids, make: () => T): T {
    this.#next = ids
    try {
      return make()
    } finally {
      this.#next = null
    }
  }

  readonly generateTraceId = (): string => this.#next?.traceId ?? this.#random.generateTraceId()
  readonly generateSpanId = (): string => this.#next?.spanId ?? this.#random.generateSpanId()
}

/** A parent that is no span of this process. */
export function remoteParent(context: Omit<SpanContext, 'isRemote'>): Context {
  return trace.setSpanContext(ROOT_CONTEXT, { ...context, isRemote: true })
}

/**
 * Makes spans with set ids where the provider is ours. A provider of the application's gives its own: then what is to be of
 * one trace hangs below a parent that nobody makes.
 */
export class SpanMaker {
  constructor(
    private readonly tracer: Tracer,
    private readonly ids: SetIds | null,
  ) {}

  /** Without a parent it is the first of the trace that its ids name. */
  start(name: string, options: SpanOptions, ids: Ids, parent: Context | null): Span {
    if (this.ids) return this.ids.during(ids, () => this.tracer.startSpan(name, options, parent ?? ROOT_CONTEXT))
    const above = parent ?? remoteParent({ traceId: ids.traceId, spanId: ids.spanId, traceFlags: TraceFlags.SAMPLED })
    return this.tracer.startSpan(name, options, above)
  }

  /** Whether a trace that begins with these ids is recorded: a sampler decides the same in every process. */
  flagsOf(ids: Ids): TraceFlags {
    if (!this.ids) return TraceFlags.SAMPLED
    // Never ended, so never exported.
    return this.start('sampled', {}, ids, null).spanContext().traceFlags
  }
}
