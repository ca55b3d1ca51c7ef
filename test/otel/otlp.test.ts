import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { derivedTraceId } from '../../src/core/trace.js'
import { memoryLedger } from '../../src/ledger/memory/ledger.js'
import { ATTRIBUTES, EVENTS, METRICS, type MetricRow, SPANS } from '../../src/otel/conventions.js'
import { loadTelemetry } from '../../src/otel/load.js'
import { assemble } from '../../src/runtime.js'
import { escalated } from '../runtime-on.js'
import { type CollectedSpan, Collector } from './collector.js'
import { type Heard, NIGHT, otelDesk, SECRET, WORDS } from './desk.js'

const collector = new Collector()
const heard: Heard[] = []
let runId: string

beforeAll(async () => {
  const url = await collector.start()
  const desk = otelDesk(heard)
  const otel = { otlp: { url, headers: { authorization: 'Bearer t' } } }
  const options = { run: [desk], secrets: () => SECRET, otel }
  const mw = await assemble(options, { ledger: memoryLedger(), telemetry: loadTelemetry })
  const run = await mw.start(desk, { input: { message: NIGHT }, session: 'case-1' })
  runId = run.id
  await mw.ledger.answer({ id: await escalated(mw, runId), decision: 'approve', by: 'ann' })
  await run.outcome()
  await mw.stop()
}, 20_000)
afterAll(() => collector.stop())

const KINDS = { internal: 1, client: 3 }
const ERROR = 2

/** The row of the table that a span's name is of. */
function rowOf({ name }: CollectedSpan) {
  const verb = name.split(' ', 1)[0] ?? ''
  const sort = { invoke_agent: 'run', chat: 'model', execute_tool: 'tool', read: 'read', call: 'call' } as const
  return SPANS[sort[verb as keyof typeof sort]]
}

/** What the table does not allow of a span, in words. */
function faultsOf(span: CollectedSpan): string[] {
  const row = rowOf(span)
  if (!row) return [`${span.name}: not in the table`]
  const named = (key: keyof typeof ATTRIBUTES) => ATTRIBUTES[key][0] as string
  const [always, perhaps] = [row.always.map(named), row.perhaps.map(named)]
  const title = row.name.replace(/\{([^}]+)\}/g, (_, key: string) => String(span.attributes[key]))
  return [
    ...(span.name === title ? [] : [`is called '${title}' by the table`]),
    ...(span.kind === KINDS[row.kind] ? [] : [`kind ${span.kind}`]),
    ...always.filter((key) => !(key in span.attributes)).map((key) => `lacks ${key}`),
    ...Object.keys(span.attributes)
      .filter((key) => !always.includes(key) && !perhaps.includes(key))
      .map((key) => `has ${key}`),
    ...('error.type' in span.attributes === (span.status.code === ERROR) ? [] : ['error.type and status disagree']),
    ...(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano) ? [] : ['ends before it begins']),
  ].map((fault) => `${span.name}: ${fault}`)
}

describe('a night of the desk, as a collector on loopback heard it', () => {
  it('every span is of the table: name, kind, attributes, status', () => {
    expect(collector.spans.length).toBeGreaterThan(20)
    expect(collector.spans.flatMap(faultsOf)).toEqual([])
  })

  it('every event is of the table, on the span that it belongs to', () => {
    const rows = Object.values(EVENTS)
    const seen = new Set<string>()
    for (const { name: on, events } of collector.spans) {
      for (const { name, attributes } of events) {
        seen.add(name)
        const row = rows.find(([known]) => known === name)
        expect(row, name).toBeDefined()
        expect(row?.[1] === 'run').toBe(on.startsWith('invoke_agent'))
        const allowed = row?.[2].map((key) => ATTRIBUTES[key][0] as string)
        expect(Object.keys(attributes).filter((key) => !allowed?.includes(key))).toEqual([])
      }
    }
    expect([...seen].sort()).toEqual([
      ...['midwatch.doubt', 'midwatch.doubt.resolved', 'midwatch.escalation.answered', 'midwatch.escalation.asked'],
      ...['midwatch.fallback', 'midwatch.refusal', 'midwatch.reservation', 'midwatch.verdict'],
    ])
  })

  it('one trace, derived from the run; each stretch is linked to the one before it', () => {
    expect(new Set(collector.spans.map(({ traceId }) => traceId))).toEqual(new Set([derivedTraceId(runId)]))
    const stretches = collector.spans.filter(({ name }) => name === 'invoke_agent desk')
    expect(stretches.map(({ attributes }) => attributes['midwatch.stretch'])).toEqual([1, 2, 3, 4, 5])
    expect(stretches.map(({ parentSpanId }) => parentSpanId)).toEqual(Array(5).fill(undefined))
    expect(stretches.map(({ links }) => links.map(({ spanId }) => spanId))).toEqual([
      [],
      ...stretches.slice(0, -1).map(({ spanId }) => [spanId]),
    ])
  })

  it('an attempt stands below its stretch, a child below the call that made it', () => {
    const byId = new Map(collector.spans.map((span) => [span.spanId, span]))
    const below = (name: string) =>
      new Set(collector.spans.filter((s) => s.name === name).map((s) => byId.get(s.parentSpanId ?? '')?.name))
    expect(below('chat small')).toEqual(new Set(['invoke_agent desk']))
    expect(below('execute_tool issue_refund')).toEqual(new Set(['invoke_agent desk']))
    expect(below('call scribe')).toEqual(new Set(['invoke_agent desk']))
    expect(below('invoke_agent scribe')).toEqual(new Set(['call scribe']))
    expect(below('chat pen')).toEqual(new Set(['invoke_agent scribe']))
  })

  it('a tool was given the context of its very span', () => {
    const spans = collector.spans.filter(({ name }) => name.startsWith('execute_tool'))
    expect(heard.map(({ tool, traceparent }) => [`execute_tool ${tool}`, traceparent])).toEqual(
      spans.map(({ name, traceId, spanId }) => [name, `00-${traceId}-${spanId}-01`]),
    )
  })

  it('what failed says why, and what was used of a model stands on its call', () => {
    const lost = collector.spans.find(({ attributes }) => attributes['midwatch.did'] === 'doubt')
    expect([lost?.name, lost?.attributes['error.type']]).toEqual(['execute_tool issue_refund', 'threw'])
    const broken = collector.spans.find(({ name }) => name === 'chat broken')
    expect(broken?.attributes).toMatchObject({ 'error.type': 'auth', 'gen_ai.request.temperature': 0.2 })
    const small = collector.spans.find(({ name }) => name === 'chat small')
    const { 'gen_ai.usage.input_tokens': input, 'gen_ai.usage.output_tokens': output } = small?.attributes ?? {}
    expect(small?.attributes['midwatch.cost_usd']).toBeCloseTo((Number(input) + 4 * Number(output)) / 1e6, 9)
  })

  it('every metric is of the table: kind, unit, buckets, labels', () => {
    const rows = new Map(Object.values<MetricRow>(METRICS).map((row) => [row.name, row]))
    const kinds = { counter: 'sum', histogram: 'histogram', gauge: 'gauge' }
    for (const { metric, kind, unit, attributes, explicitBounds } of collector.points) {
      const row = rows.get(metric)
      expect([metric, kind, unit]).toEqual([row?.name, row && kinds[row.kind], row?.unit])
      if (kind === 'histogram') expect(explicitBounds).toEqual(row?.buckets)
      const allowed = row?.labels.map((key) => ATTRIBUTES[key][0] as string)
      expect(Object.keys(attributes).filter((key) => !allowed?.includes(key))).toEqual([])
    }
    const total = (metric: string) =>
      collector.points.filter((p) => p.metric === metric).reduce((sum, p) => sum + Number(p.asInt ?? p.asDouble), 0)
    expect([total('midwatch.runs.ended'), total('midwatch.doubts'), total('midwatch.refusals')]).toEqual([2, 1, 1])
  })

  it('no word of anybody, no secret, and no id among the labels of metrics', () => {
    const all = collector.received.map(({ text }) => text).join('\n')
    for (const word of [WORDS, SECRET, 'PAYMENTS_TOKEN', 'LOST']) expect(all).not.toContain(word)
    const metrics = collector.received.filter(({ path }) => path === '/v1/metrics').map(({ text }) => text)
    expect(metrics.join()).not.toContain(runId)
    expect(metrics.join()).not.toContain('case-1')
  })

  it('headers that were given go along, and the service has its name', () => {
    expect(collector.received.every(({ headers }) => headers.authorization === 'Bearer t')).toBe(true)
    expect(
      collector.received.every(({ text }) => text.includes('"service.name","value":{"stringValue":"midwatch"')),
    ).toBe(true)
  })
})

describe('with content asked for', () => {
  it('words stand on spans, in the shape of the conventions, without secrets', async () => {
    const own = new Collector()
    const url = await own.start()
    const desk = otelDesk()
    const options = {
      run: [desk],
      secrets: () => SECRET,
      otel: { otlp: { url }, content: 'redacted', metrics: false },
    } as const
    const mw = await assemble(options, { ledger: memoryLedger(), telemetry: loadTelemetry })
    const run = await mw.start(desk, { input: { message: 'find W1; refund W1 12' } })
    await run.outcome()
    await mw.stop()
    await own.stop()
    const of = (name: string) => own.spans.findLast((span) => span.name === name)?.attributes ?? {}
    const refund = of('execute_tool issue_refund')
    expect(JSON.parse(String(refund['gen_ai.tool.call.arguments']))).toEqual({ orderId: 'W1', amount: 12 })
    expect(JSON.parse(String(refund['gen_ai.tool.call.result']))).toEqual({
      paidWith: '[secret PAYMENTS_TOKEN]',
      by: WORDS,
    })
    const prompt = JSON.parse(String(of('chat small')['gen_ai.input.messages'])) as {
      role: string
      parts: { type: string }[]
    }[]
    expect(prompt.map(({ role }) => role).slice(0, 4)).toEqual(['system', 'user', 'assistant', 'tool'])
    expect(prompt[2]?.parts.map(({ type }) => type)).toEqual(['text', 'tool_call'])
    expect(JSON.parse(String(of('chat small')['gen_ai.output.messages']))).toMatchObject([
      {
        role: 'assistant',
        parts: [{ type: 'text' }, { type: 'tool_call', name: 'complete' }],
        finish_reason: 'tool_calls',
      },
    ])
    expect(own.received.map(({ text }) => text).join()).not.toContain(SECRET)
    expect(own.received.some(({ path }) => path === '/v1/metrics')).toBe(false)
  })
})
