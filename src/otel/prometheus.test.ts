import { afterEach, beforeEach, expect, it } from 'vitest'
import { otelDesk } from '../../test/otel/desk.js'
import { memoryLedger } from '../ledger/memory/ledger.js'
import { assemble, type Midwatch } from '../runtime.js'
import { METRICS, type MetricRow } from './conventions.js'
import { loadTelemetry } from './load.js'

const desk = otelDesk()
let mw: Midwatch

beforeEach(async () => {
  const options = { run: [desk], secrets: () => 'a secret', otel: { prometheus: true, traces: false, otlp: false } }
  mw = await assemble(options, { ledger: memoryLedger(), telemetry: loadTelemetry })
})
afterEach(() => mw.stop())

/** `name{labels} value` of each sample. */
async function samples(): Promise<Map<string, number>> {
  const text = (await mw.metricsText?.()) ?? ''
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  )
}

it('gives text that Prometheus reads, with its units and endings in the names', async () => {
  await mw.start(desk, { input: { message: 'find W1; refund W1 5000' } }).then((run) => run.outcome())
  const found = await samples()
  for (const name of found.keys())
    expect(name).toMatch(/^[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*="[^"\\]*",?)*\})?$/)
  expect([...found.values()].filter(Number.isNaN)).toEqual([])
  expect(
    found.get(
      'midwatch_runs_ended_total{gen_ai_agent_name="desk",gen_ai_agent_version="3",midwatch_outcome="completed"}',
    ),
  ).toBe(1)
  expect(found.get('midwatch_refusals_total{gen_ai_agent_name="desk",midwatch_code="policy"}')).toBe(1)
  expect(found.get('midwatch_begin_duration_seconds_count{midwatch_sort="tool"}')).toBe(1)
  expect(
    found.get(
      'midwatch_model_cost_dollars_total{gen_ai_provider_name="scripted",gen_ai_request_model="small",gen_ai_agent_name="desk"}',
    ),
  ).toBeGreaterThan(0)
  expect(found.get('midwatch_process_memory_bytes{midwatch_process_memory="rss"}')).toBeGreaterThan(1e6)
  expect(found.get('midwatch_doubts_open')).toBe(0)
})

it("looks at what is open, and at operators' ceilings, when it is asked", async () => {
  const ceiling = { scope: 'tenant:default/desk', meter: 'steps', per: 'day', limit: 20, by: 'ann' } as const
  await mw.ledger.setCeiling(ceiling)
  const run = await mw.start(desk, { input: { message: 'refund W1 150' } })
  for (let open = 0; open === 0; open = (await mw.ledger.escalations({ state: 'open' })).length) {
    await new Promise((soon) => setImmediate(soon))
  }
  const found = await samples()
  expect(found.get('midwatch_escalations_open{midwatch_about="approval"}')).toBe(1)
  expect(
    found.has('midwatch_ceiling_used_ratio{midwatch_scope_kind="tenant",midwatch_meter="steps",midwatch_per="day"}'),
  ).toBe(true)
  await run.cancel({ by: 'ann', reason: 'enough' })
})

it('a wild label fills no store', async () => {
  const { Instruments } = await import('./instruments.js')
  const seen: unknown[] = []
  const counter = { add: (_: number, labels: Record<string, unknown>) => void seen.push(labels['midwatch.code']) }
  const meter = { createCounter: () => counter, createHistogram: () => ({ record: () => undefined }) }
  const to = new Instruments([meter as never])
  for (let n = 0; n < 300; n += 1) to.count('lost', { code: `c${n}` })
  to.count('lost', { code: 'c7' })
  expect(new Set(seen).size).toBe(201)
  expect(seen.slice(-2)).toEqual(['_OTHER', 'c7'])
})

it('no metric is labelled by what grows without end', () => {
  const endless = ['runId', 'step', 'seq', 'tenant', 'conversation', 'escalation', 'scope', 'to', 'parent']
  const rows = Object.values<MetricRow>(METRICS)
  expect(
    rows.flatMap(({ name, labels }) => labels.filter((l) => endless.includes(l)).map((l) => `${name} ${l}`)),
  ).toEqual([])
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length)
})
