import type { Ledger } from './ledger.js'
import type { Observed } from './observed.js'
import type { Pin } from './serving.js'
import type { TraceContext } from './trace.js'

/** What is told outside of a process: `otel` among the options of `midwatch()` and of the config. `{}` is OTLP, nothing of content. */
export interface TelemetryOptions {
  /** Spans; default true. */
  readonly traces?: boolean
  /** Metrics; default true. */
  readonly metrics?: boolean
  /**
   * Where OTLP goes: the base URL, before `/v1/traces`. `true`: where the environment says (`OTEL_EXPORTER_OTLP_ENDPOINT` and
   * its kin), else `http://localhost:4318`. Default: `true`, unless the process has providers of its own, or Prometheus alone
   * was asked for and the environment names no endpoint.
   */
  readonly otlp?: boolean | { readonly url: string; readonly headers?: Readonly<Record<string, string>> }
  /** Metrics as text for Prometheus, `mw.metricsText`; default false. */
  readonly prometheus?: boolean
  /**
   * `redacted`: prompts, arguments and results stand on spans, without secrets and without what schemas mark as private.
   * Default false: none of it leaves the process.
   */
  readonly content?: false | 'redacted'
  /** Default `OTEL_SERVICE_NAME`, else `midwatch`. */
  readonly serviceName?: string
}

/** Who makes spans, as the orchestrator sees it. */
export interface Tracing {
  /** The span of an attempt that is under way, as a header would name it; undefined when there is none. */
  contextOf(runId: string, seq: number): TraceContext | undefined
  /** The span that the calling code stands in. */
  active(): TraceContext | undefined
  /** Does the work of an attempt inside of its span, so that what is instrumented below it finds its parent. */
  within<T>(runId: string, seq: number, work: () => T): T
}

/** One lane in this process: calls in it, and calls that wait for room. */
export interface LaneState {
  readonly lane: string
  readonly open: number
  readonly waiting: number
}

/** What may be shown of the words of a run: no field that its schemas mark as private. JSON in, JSON out. */
export interface ContentShown {
  given(run: Pin, tool: string, json: string): string
  gave(run: Pin, tool: string, json: string): string
  /** Whether prompts and answers, which no schema describes, may be shown at all: nothing of the run is marked. */
  showsWords(run: Pin): boolean
}

/** What is not an event and is looked at when it is asked for. */
export interface Observable {
  readonly ledger: Ledger
  readonly content: ContentShown
  readonly lanes: () => readonly LaneState[]
  /** Runs that this process holds. */
  readonly held: () => number
  /** True while the ledger cannot be reached. */
  readonly isAway: () => boolean
  readonly alarm: (what: string) => void
}

/** Telemetry of one runtime, once it was loaded. */
export interface Telemetry {
  readonly listener: (event: Observed) => void
  readonly tracing: Tracing | null
  /** What `/metrics` answers; null where Prometheus was not asked for. */
  readonly metricsText: (() => Promise<string>) | null
  /** Sends what is left. Never throws: telemetry that cannot be delivered holds nothing up. */
  stop(): Promise<void>
}

/** Loads it. The runtime is given one by whoever composes: it knows no telemetry itself. */
export type LoadTelemetry = (options: TelemetryOptions, observable: Observable) => Promise<Telemetry>
