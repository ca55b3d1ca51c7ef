import { type MeterProvider, metrics, trace } from '@opentelemetry/api'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import {
  type IMetricReader,
  MeterProvider as OwnMeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import type { Observed } from '../core/observed.js'
import type { Observable, Telemetry, TelemetryOptions } from '../core/telemetry.js'
import { admittedWith } from './admitted-with.js'
import { alarming } from './alarming.js'
import { CONVENTIONS, SCOPE } from './conventions.js'
import { type Destination, destinationOf } from './destination.js'
import { watchGauges } from './gauges.js'
import { Instruments } from './instruments.js'
import { ensureContext } from './local-context.js'
import { Metering } from './metering.js'
import { PrometheusText } from './prometheus.js'
import { resourceOf } from './resource.js'
import { SetIds, SpanMaker } from './span-maker.js'
import { Spans } from './spans.js'

const METRICS_EVERY_MS = 60_000
/** So long what is left may take at the end: a collector that is away holds nobody up. */
const STOP_WITHIN_MS = 3_000

/** One signal of this process: what hears events for it, and what ends it. */
interface Signal<T> {
  readonly made: T
  readonly end: () => Promise<void>
}

/** Telemetry as it was asked for. An application's own providers are used where they are set up before. */
export function telemetry(options: TelemetryOptions, observable: Observable): Promise<Telemetry> {
  const tracing = tracingOf(options, observable)
  const metering = meteringOf(options, observable)
  const listeners = [tracing?.made.listener, metering?.made.listener].filter((one) => one !== undefined)
  const listener = (event: Observed) => {
    for (const hear of listeners) hear(event)
  }
  const stop = async () => {
    tracing?.made.stop()
    await withinTime(Promise.allSettled([tracing?.end(), metering?.end()]))
  }
  const metricsText = metering?.made.text ?? null
  return Promise.resolve({ listener, tracing: tracing?.made ?? null, metricsText, stop })
}

function tracingOf(options: TelemetryOptions, { ledger, content: shown, alarm }: Observable): Signal<Spans> | null {
  const destination = destinationOf('traces', options)
  if (destination.to === 'nowhere') return null
  ensureContext()
  const content = options.content === 'redacted' ? shown : null
  const spans = (maker: SpanMaker) =>
    new Spans({ maker, content, admittedWith: (runId) => admittedWith(ledger, runId) })
  if (destination.to === 'application') {
    const tracer = trace.getTracer(SCOPE, CONVENTIONS.genai)
    return { made: spans(new SpanMaker(tracer, null)), end: () => Promise.resolve() }
  }
  const ids = new SetIds()
  const exporter = alarming(new OTLPTraceExporter(where(destination)), 'Spans', alarm)
  const provider = new NodeTracerProvider({
    resource: resourceOf(options.serviceName),
    idGenerator: ids,
    spanProcessors: [new BatchSpanProcessor(exporter)],
  })
  const tracer = provider.getTracer(SCOPE, CONVENTIONS.genai)
  return { made: spans(new SpanMaker(tracer, ids)), end: () => provider.shutdown() }
}

interface Metered {
  readonly listener: (event: Observed) => void
  readonly text: (() => Promise<string>) | null
}

function meteringOf(options: TelemetryOptions, observable: Observable): Signal<Metered> | null {
  const destination = destinationOf('metrics', options)
  const prometheus = options.prometheus === true ? new PrometheusText() : null
  const readers: IMetricReader[] = prometheus ? [prometheus] : []
  if (destination.to === 'otlp') readers.push(otlpReader(destination, observable))
  const own = readers.length > 0 ? new OwnMeterProvider({ resource: resourceOf(options.serviceName), readers }) : null
  const providers: MeterProvider[] = own ? [own] : []
  if (destination.to === 'application') providers.push(metrics.getMeterProvider())
  if (providers.length === 0) return null
  const instruments = new Instruments(providers.map((provider) => provider.getMeter(SCOPE, CONVENTIONS.genai)))
  watchGauges(instruments, observable)
  const { listener } = new Metering(instruments)
  const text = prometheus ? () => prometheus.text() : null
  return { made: { listener, text }, end: () => own?.shutdown() ?? Promise.resolve() }
}

function otlpReader(destination: Destination & { to: 'otlp' }, { alarm }: Observable): IMetricReader {
  const exporter = alarming(new OTLPMetricExporter(where(destination)), 'Metrics', alarm)
  const every = Number(process.env.OTEL_METRIC_EXPORT_INTERVAL)
  const exportIntervalMillis = every > 0 ? every : METRICS_EVERY_MS
  return new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis,
    exportTimeoutMillis: Math.min(exportIntervalMillis, 30_000),
  })
}

/** What is left out here the exporters read from the environment. */
const where = ({ url, headers }: Destination & { to: 'otlp' }) => ({ ...(url && { url }), ...(headers && { headers }) })

function withinTime(work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, STOP_WITHIN_MS)
    void work.finally(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
