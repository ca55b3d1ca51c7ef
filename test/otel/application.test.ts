import { context, metrics, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { derivedTraceId } from '../../src/core/trace.js'
import { memoryLedger } from '../../src/ledger/memory/ledger.js'
import { loadTelemetry } from '../../src/otel/load.js'
import { assemble, type Midwatch } from '../../src/runtime.js'
import { type Heard, otelDesk } from './desk.js'

const spans = new InMemorySpanExporter()
const points = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const reader = new PeriodicExportingMetricReader({ exporter: points, exportIntervalMillis: 3_600_000 })
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
const heard: Heard[] = []
const desk = otelDesk(heard)
let mw: Midwatch

beforeAll(async () => {
  provider.register()
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
  mw = await assemble({ run: [desk], otel: {} }, { ledger: memoryLedger(), telemetry: loadTelemetry })
})
afterAll(async () => {
  await mw.stop()
  await provider.shutdown()
  trace.disable()
  metrics.disable()
  context.disable()
})

it("uses the application's own providers, below the span that the run was started in", async () => {
  const tracer = trace.getTracer('the application')
  const run = await tracer.startActiveSpan('request', async (request) => {
    const started = await mw.start(desk, { input: { message: 'find W1; write it' } })
    request.end()
    return started
  })
  await run.outcome()
  const found = spans.getFinishedSpans()
  const request = found.find(({ name }) => name === 'request')
  const first = found.find(({ name }) => name === 'invoke_agent desk')
  expect(first?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId)
  expect(new Set(found.map((span) => span.spanContext().traceId))).toEqual(new Set([request?.spanContext().traceId]))
  const call = found.find(({ name }) => name === 'call scribe')
  const child = found.find(({ name }) => name === 'invoke_agent scribe')
  expect(child?.parentSpanContext?.spanId).toBe(call?.spanContext().spanId)
  await reader.forceFlush()
  const names = points
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((of) => of.metrics.map((m) => m.descriptor.name)))
  expect(names).toContain('midwatch.runs.ended')
})

it('what is instrumented inside of a tool stands below its span', async () => {
  spans.reset()
  heard.length = 0
  const inside = otelDesk(heard, () => trace.getTracer('a driver').startSpan('query').end())
  const own = await assemble({ run: [inside], otel: {} }, { ledger: memoryLedger(), telemetry: loadTelemetry })
  const run = await own.start(inside, { input: { message: 'find W1' } })
  await run.outcome()
  await own.stop()
  const found = spans.getFinishedSpans()
  const tool = found.find(({ name }) => name === 'execute_tool find_order')
  expect(found.find(({ name }) => name === 'query')?.parentSpanContext?.spanId).toBe(tool?.spanContext().spanId)
  expect(tool?.spanContext().traceId).toBe(derivedTraceId(run.id))
  expect(heard[0]?.traceparent).toBe(`00-${tool?.spanContext().traceId}-${tool?.spanContext().spanId}-01`)
})
